using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>An assessment of damage for people, on one screen.</summary>
internal static class ShowDamage
{
    private const int MostFindings = 12;

    /// <summary>What is wrong, what can be recovered, what to type.</summary>
    public static void Report(TextWriter writer, Paint paint, DamageReport report)
    {
        string head = report.Verdict switch { CheckVerdict.Failed => CliTexts.DamageFound, CheckVerdict.Warning => CliTexts.DamageComing, _ => CliTexts.DamageNone };
        writer.WriteLine($"{paint.Verdict(report.Verdict, head)}  {paint.Bold(V(report.Product))}  {Format.Moment(report.Time)}  {Format.Duration(report.Elapsed)}");
        foreach (DamageFinding finding in report.Findings.Take(MostFindings)) Finding(writer, paint, finding);
        if (report.Findings.Count > MostFindings) writer.WriteLine("  " + paint.Dim(Text.Of(CliTexts.DamageMore, report.Findings.Count - MostFindings)));
        foreach (string unknown in report.Unknown) writer.WriteLine("  " + paint.Warn(CliTexts.DamageUnknown) + " " + V(unknown));
        writer.WriteLine();
        Components(writer, paint, report.Components);
        foreach (RecoveryOption option in report.Options) Option(writer, paint, option);
    }

    private static void Finding(TextWriter writer, Paint paint, DamageFinding finding)
    {
        string when = finding.Since is { } since ? "  " + Text.Of(CliTexts.DamageSince, Format.Moment(since)) : finding.LastGood is { } good ? "  " + Text.Of(CliTexts.DamageLastGood, Format.Moment(good)) : "";
        writer.WriteLine($"  {paint.Verdict(finding.Verdict, finding.Verdict == CheckVerdict.Failed ? "✗" : "!")} {V(finding.Message)}{paint.Dim(when)}");
        if (finding.Hint is { } hint) writer.WriteLine("    " + paint.Dim(V(hint)));
    }

    private static void Components(TextWriter writer, Paint paint, IReadOnlyList<ComponentDamage> components)
    {
        var table = new Table(
            new(CliTexts.ColumnComponent), new(CliTexts.ColumnState), new(CliTexts.ColumnRecoverableTo), new(CliTexts.ColumnLoss, Right: true), new(CliTexts.ColumnRpo, Right: true), new(CliTexts.ColumnRto, Right: true));
        foreach (ComponentDamage c in components)
        {
            Table.Cell loss = c.Loss is { } lost ? new Table.Cell("≤ " + Format.Duration(lost), lost > c.ObjectiveRpo ? paint.Bad : null) : "–";
            table.Add(
                c.Component, new Table.Cell(Show.Word(c.Verdict), t => paint.Verdict(c.Verdict, t)), c.RecoverableTo is { } to ? Format.Moment(to) : "–", loss,
                c.ObjectiveRpo is { } rpo ? Format.Duration(rpo) : "–", c.ObjectiveRto is { } rto ? Format.Duration(rto) : "–");
        }

        table.Write(writer, paint);
    }

    private static void Option(TextWriter writer, Paint paint, RecoveryOption option)
    {
        string mark = option.Recommended ? paint.Good("→ " + CliTexts.DamageRecommended) : "  " + CliTexts.DamageOr;
        List<string> facts = [];
        if (option.To is { } to) facts.Add(Text.Of(CliTexts.DamageTo, Format.Moment(to)));
        if (option.Loss is { } loss) facts.Add(loss == TimeSpan.Zero ? CliTexts.DamageNoLoss : Text.Of(CliTexts.DamageLoss, Format.Duration(loss)));
        if (option.LostRows is > 0 and var rows) facts.Add(Text.Of(CliTexts.DamageRows, Format.Number(rows)));
        facts.Add(option.Predicted is { } time ? Text.Of(CliTexts.DamagePredicted, Format.Duration(time), option.Measurements, Format.Moment(option.Measured!.Value)) : CliTexts.DamageUnmeasured);
        if (option.MeetsRto is false) facts.Add(paint.Bad(CliTexts.DamageBreaksRto));
        if (option.MeetsRpo is false) facts.Add(paint.Bad(CliTexts.DamageBreaksRpo));
        writer.WriteLine();
        writer.WriteLine($"{mark}{(option.Component is { } name ? $" ({V(name)})" : "")}: {V(option.Reason)}");
        writer.WriteLine("    " + paint.Bold(V(option.Command)));
        writer.WriteLine("    " + string.Join(", ", facts));
    }

    private static string V(string? text) => DrpOutput.Visible(text);
}
