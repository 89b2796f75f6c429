using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Health for people: one line for each check, then what to do about those that are not well.</summary>
internal static class ShowHealth
{
    /// <summary>All checks of one run.</summary>
    public static void All(TextWriter writer, Paint paint, IReadOnlyList<HealthCheck> checks)
    {
        var table = new Table(new(CliTexts.ColumnStatus), new(CliTexts.ColumnKind), new(CliTexts.ColumnName), new(CliTexts.ColumnValue, Right: true), new(CliTexts.ColumnLimit, Right: true));
        foreach (var check in checks.OrderBy(c => c.Kind).ThenBy(c => c.Name, StringComparer.Ordinal))
            table.Add(new Table.Cell(Show.Word(check.Status), text => paint.Verdict(check.Status, text)), check.Kind.ToString().ToLowerInvariant(), check.Name, check.Value, check.Limit);
        table.Write(writer, paint);
        foreach (var check in checks.Where(c => c.Status != CheckVerdict.Ok).OrderByDescending(c => c.Status == CheckVerdict.Failed).ThenBy(c => c.Kind).ThenBy(c => c.Name, StringComparer.Ordinal))
        {
            writer.WriteLine($"{paint.Verdict(check.Status, Show.Word(check.Status))}  {paint.Bold(V(check.Name))}: {Redact.Passwords(V(check.Message))}");
            if (check.Advice is { Length: > 0 } advice) writer.WriteLine("  → " + Redact.Passwords(V(advice)));
        }

        writer.WriteLine(Text.Of(CliTexts.HealthSummary, checks.Count, Count(checks, CheckVerdict.Ok), Count(checks, CheckVerdict.Warning), Count(checks, CheckVerdict.Failed)));
    }

    /// <summary>One round of watching. On a terminal it takes the place of the one before, line by line, so that nothing flickers.</summary>
    public static void Round(TextWriter writer, Paint paint, IReadOnlyList<HealthCheck> checks)
    {
        string head = Format.Moment(checks.Max(c => c.Time));
        if (Console.IsOutputRedirected)
        {
            writer.WriteLine(head);
            All(writer, paint, checks);
            writer.WriteLine();
            writer.Flush();
            return;
        }

        using var screen = new StringWriter { NewLine = "\u001b[K\n" };
        screen.WriteLine(paint.Dim(head));
        All(screen, paint, checks);
        writer.Write("\u001b[H" + screen + "\u001b[J");
        writer.Flush();
    }

    private static int Count(IReadOnlyList<HealthCheck> checks, CheckVerdict verdict) => checks.Count(c => c.Status == verdict);

    private static string V(string? text) => DrpOutput.Visible(text);
}
