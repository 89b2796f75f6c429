using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Certificates and configuration for people.</summary>
internal static class ShowConfig
{
    /// <summary>A certificate.</summary>
    public static void Certificate(TextWriter writer, Paint paint, CertificateStatus status)
    {
        string days = status is { DaysLeft: { } left, NotAfter: { } end } ? "  " + Text.Of(CliTexts.CertificateDays, Format.Number(left), Format.Moment(end)) : "";
        string place = status.Set is { } set ? $"{V(set)}:{V(status.File)}" : V(status.File);
        writer.WriteLine($"{paint.Verdict(status.Verdict, Show.Word(status.Verdict).PadRight(7))}  {paint.Bold(V(status.Name))}{days}  {place}");
        foreach (string problem in status.Problems) writer.WriteLine("         " + (status.Verdict == CheckVerdict.Failed ? paint.Bad(V(problem)) : paint.Warn(V(problem))));
    }

    /// <summary>A masked file.</summary>
    public static void Masked(TextWriter writer, Paint paint, MaskedFile file) =>
        writer.WriteLine(file.Problem is { } problem
            ? $"{paint.Bad(CliTexts.WordFailed)}  {V(file.Source)}: {V(problem)}"
            : $"{V(file.Source)}{(file.File is { } written ? " → " + V(written) : "")}  ({file.Format}, {Text.Of(CliTexts.ValuesMasked, Format.Number(file.Values))})");

    private static string V(string? text) => DrpOutput.Visible(text);
}
