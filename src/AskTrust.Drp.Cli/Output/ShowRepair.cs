using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>A repair for people: before, what was done, after.</summary>
internal static class ShowRepair
{
    private const int MostLines = 10;

    /// <summary>What was found, done and left.</summary>
    public static void Report(TextWriter writer, Paint paint, RepairReport report)
    {
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {paint.Bold(V(report.Database))}  ({V(report.Server)})  {Format.Duration(report.Duration)}");
        Look(writer, paint, CliTexts.RepairBefore, report.Before);
        foreach (RepairAction action in report.Actions)
        {
            string mark = action.Status == RunStatus.Planned ? "·" : paint.Status(action.Status, Show.Word(action.Status));
            writer.WriteLine($"  {mark} {V(action.Sql)}{(action.Elapsed is { } time ? "  " + Format.Duration(time) : "")}");
            if (action.Message is { } message) writer.WriteLine("    " + paint.Bad(V(message)));
        }

        if (report.After is { } after) Look(writer, paint, CliTexts.RepairAfter, after);
        foreach (string warning in report.Warnings) writer.WriteLine("  " + paint.Warn(CliTexts.Warning) + " " + Redact.Passwords(V(warning)));
        if (report.Next is { } next) writer.WriteLine("  " + Text.Of(CliTexts.RepairNext, paint.Bold(V(next))));
    }

    private static void Look(TextWriter writer, Paint paint, string title, IntegrityReport look)
    {
        int tables = look.Corruptions.Count(c => c.Kind != CorruptionKind.Index), indexes = look.Corruptions.Count - tables;
        string found = look.Checked ? Text.Of(CliTexts.RepairFound, tables, indexes, look.InvalidIndexes.Count, look.WithoutStatistics) : Text.Of(CliTexts.RepairUnchecked, look.InvalidIndexes.Count, look.WithoutStatistics);
        string checksums = look.ChecksumFailures is { } failures ? Text.Of(CliTexts.RepairChecksums, Format.Number(failures)) : CliTexts.RepairNoChecksums;
        writer.WriteLine($"  {paint.Dim(title)} {(tables > 0 ? paint.Bad(found) : indexes > 0 || look.InvalidIndexes.Count > 0 ? paint.Warn(found) : found)}, {checksums}");
        foreach (Corruption c in look.Corruptions.Take(MostLines)) writer.WriteLine($"    {V(c.Relation)}: {V(c.Message)}");
        if (look.Corruptions.Count > MostLines) writer.WriteLine("    " + Text.Of(CliTexts.DamageMore, look.Corruptions.Count - MostLines));
    }

    private static string V(string? text) => DrpOutput.Visible(text);
}
