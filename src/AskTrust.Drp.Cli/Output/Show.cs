using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Results for people.</summary>
internal static class Show
{
    /// <summary>Word for a verdict.</summary>
    public static string Word(CheckVerdict verdict) => verdict switch
    {
        CheckVerdict.Ok => CliTexts.WordOk,
        CheckVerdict.Warning => CliTexts.WordWarning,
        CheckVerdict.Failed => CliTexts.WordFailed,
        _ => CliTexts.WordSkipped,
    };

    /// <summary>Word for a status.</summary>
    public static string Word(RunStatus status) => status switch
    {
        RunStatus.Succeeded => CliTexts.WordSucceeded,
        RunStatus.Incomplete => CliTexts.WordIncomplete,
        RunStatus.Failed => CliTexts.WordFailed,
        RunStatus.Planned => CliTexts.WordPlanned,
        _ => CliTexts.WordSkipped,
    };

    /// <summary>A backup.</summary>
    public static void Backup(TextWriter writer, Paint paint, BackupReport report)
    {
        Line(writer, $"{paint.Status(report.Status, Word(report.Status))}  {paint.Bold(V(report.Id))}  {V(string.Join(", ", report.Components))}");
        Steps(writer, report.Steps);
        if (report.Status != RunStatus.Planned)
        {
            string rows = report.Rows is { } n ? " · " + Text.Of(CliTexts.Rows, Format.Number(n)) : "";
            Line(writer, "  " + Text.Of(CliTexts.BackupSummary, Format.Bytes(report.PlainSize), Format.Bytes(report.Size), Format.Duration(report.Duration)) + rows + (report.Skew is { } apart ? " · " + Text.Of(CliTexts.SkewIs, Format.Duration(apart)) : ""));
        }

        foreach (var repository in report.Repositories)
        {
            string message = repository.Message is { } text ? "  " + Redact.Passwords(V(text)) : repository.Bytes > 0 ? "  " + Format.Bytes(repository.Bytes) : "";
            Line(writer, $"  {paint.Status(repository.Status, Word(repository.Status))}  {V(repository.Repository)}{message}");
        }

        Warnings(writer, paint, report.Warnings);
    }

    /// <summary>A restore, or its undoing.</summary>
    public static void Restore(TextWriter writer, Paint paint, RestoreReport report)
    {
        Line(writer, $"{paint.Status(report.Status, Word(report.Status))}  {V(report.Source)} → {paint.Bold(V(report.Database))}  ({V(report.Target)})");
        Steps(writer, report.Steps);
        if (report.Status is RunStatus.Planned or RunStatus.Skipped)
        {
            Warnings(writer, paint, report.Warnings);
            return;
        }

        string files = report.Files is { } f ? " · " + Text.Of(CliTexts.FilesRestored, Format.Number(f), Format.Bytes(report.Bytes ?? 0)) : "";
        string keys = report.Keys is { } k ? " · " + Text.Of(CliTexts.KeysRestored, Format.Number(k)) : "";
        Line(writer, "  " + Format.Duration(report.Duration) + files + keys + (report.Rows is { } n ? " · " + Text.Of(CliTexts.Rows, Format.Number(n)) : "") + Phases(report.Phases));
        if (report.SafetyId is { } safety) Line(writer, "  " + Text.Of(CliTexts.SafetyTaken, V(safety)));
        if (report.SafetyOverride is { } reason) Line(writer, "  " + Text.Of(CliTexts.SafetyOverridden, V(reason)));
        if (report.Previous is { } previous) Line(writer, "  " + Text.Of(CliTexts.PreviousKept, V(previous)));
        if (report.Recovery is { } recovery)
        {
            Line(writer, "  " + Text.Of(CliTexts.Reached, V(recovery.Target), V(recovery.Reached), V(recovery.Lsn), recovery.LastCommit is { } at ? Format.Moment(at) : "–"));
        }

        if (report.Delta is { } delta) Line(writer, "  " + Text.Of(CliTexts.DeltaDone, Format.Bytes(delta.KeptBytes), Format.Bytes(delta.RewrittenBytes), Format.Number(delta.Removed)));
        if (!report.Settled && (report.Recovery is null || report.Previous is not null)) Line(writer, "  " + Text.Of(CliTexts.UndoWith, V(report.RestoreId)));
        Warnings(writer, paint, report.Warnings);
    }

    /// <summary>A restore test.</summary>
    public static void RestoreTest(TextWriter writer, Paint paint, RestoreTestResult result)
    {
        Line(writer, $"{paint.Verdict(result.Verdict, Word(result.Verdict))}  {paint.Bold(V(result.Id))}  {V(result.Component)}  ({V(result.Repository)} → {V(result.Where)})");
        if (result.Message is { } message) Line(writer, "  " + Redact.Passwords(V(message)));
        Line(writer, "  RTO " + Against(paint, result.RecoveryTime, result.ObjectiveRto) + Phases(result.Phases));
        if (result.MeasuredRpo is not null || result.ObjectiveRpo is not null) Line(writer, "  RPO " + Against(paint, result.MeasuredRpo, result.ObjectiveRpo));
        int held = result.Assertions.Count(a => a.Verdict == CheckVerdict.Ok);
        Line(writer, "  " + Text.Of(CliTexts.AssertionsHeld, held, result.Assertions.Count) + (result.Rows is { } n ? " · " + Text.Of(CliTexts.Rows, Format.Number(n)) : ""));
        foreach (var bad in result.Assertions.Where(a => a.Verdict != CheckVerdict.Ok))
            Line(writer, $"    {paint.Verdict(bad.Verdict, Word(bad.Verdict))}  {V(bad.Name)}: {Text.Of(CliTexts.ExpectedFound, V(bad.Expected), V(bad.Actual))}");
        if (result.NegativeControl is { } control) Line(writer, "  " + (control ? CliTexts.ControlHeld : paint.Bad(CliTexts.ControlBroken)));
        Warnings(writer, paint, result.Warnings);
    }

    /// <summary>A verification.</summary>
    public static void Verification(TextWriter writer, Paint paint, VerificationResult result)
    {
        string how = result.Remembered ? Text.Of(CliTexts.Remembered, Format.Moment(result.Time)) : $"{Format.Bytes(result.Bytes)}  {Format.Duration(result.Elapsed)}";
        Line(writer, $"{paint.Verdict(result.Verdict, Word(result.Verdict))}  {V(result.Id)}  {V(result.Repository)}  {how}");
        foreach (string problem in result.Problems) Line(writer, "    " + Redact.Passwords(V(problem)));
    }

    /// <summary>A copy.</summary>
    public static void Sync(TextWriter writer, Paint paint, SyncResult result)
    {
        Line(writer, $"{paint.Status(result.Status, Word(result.Status))}  {V(result.Id)}  {V(result.Source)} → {V(result.Repository)}  {Format.Bytes(result.Bytes)}  {Format.Duration(result.Elapsed)}");
        if (result.Message is { } message) Line(writer, "    " + Redact.Passwords(V(message)));
    }

    /// <summary>What retention or a removal does with one set.</summary>
    public static void Decision(TextWriter writer, Paint paint, RetentionDecision decision)
    {
        string word = decision.Action switch
        {
            RetentionAction.Keep => CliTexts.WordKeep,
            RetentionAction.Delete when decision.Planned => paint.Warn(CliTexts.WordWouldDelete),
            RetentionAction.Delete => paint.Warn(CliTexts.WordDeleted),
            RetentionAction.Retained => paint.Warn(CliTexts.WordRetained),
            _ => paint.Bad(CliTexts.WordFailed),
        };
        string bytes = decision.Bytes > 0 ? "  " + Format.Bytes(decision.Bytes) : "";
        Line(writer, $"{word}  {V(decision.Id)}  {V(decision.Repository)}{bytes}  {V(string.Join(", ", decision.Reasons))}");
        if (decision.Message is { } message) Line(writer, "    " + Redact.Passwords(V(message)));
    }

    /// <summary>A check of the plan.</summary>
    public static void Check(TextWriter writer, Paint paint, PlanCheck check)
    {
        Line(writer, $"{paint.Verdict(check.Verdict, Word(check.Verdict).PadRight(7))}  {V(check.Subject)} · {V(check.Check)}: {Redact.Passwords(V(check.Message))}");
        if (check.Hint is { Length: > 0 } hint) Line(writer, "         → " + Redact.Passwords(V(hint)));
    }

    /// <summary>A copy of the ledger.</summary>
    public static void Evidence(TextWriter writer, Paint paint, EvidenceVerdict verdict)
    {
        Line(writer, $"{paint.Verdict(verdict.Verdict, Word(verdict.Verdict))}  {V(verdict.Copy)}  {Text.Of(CliTexts.Records, Format.Number(verdict.Records))}  {V(verdict.Head)}");
        foreach (string problem in verdict.Problems) Line(writer, "    " + V(problem));
    }

    private static string Against(Paint paint, TimeSpan? measured, TimeSpan? objective)
    {
        string found = measured is { } time ? Format.Duration(time) : CliTexts.NotMeasured;
        if (objective is not { } limit) return found;
        string against = Text.Of(CliTexts.ObjectiveIs, Format.Duration(limit));
        return $"{found} ({(measured <= limit ? paint.Good(against) : paint.Bad(against))})";
    }

    private static string Phases(IReadOnlyList<PhaseTiming> phases) =>
        phases.Count == 0 ? "" : "  [" + string.Join(", ", phases.Select(p => $"{V(p.Name)} {Format.Duration(p.Elapsed)}")) + "]";

    private static void Steps(TextWriter writer, IReadOnlyList<string> steps)
    {
        foreach (string step in steps) Line(writer, "  · " + Redact.Passwords(V(step)));
    }

    private static void Warnings(TextWriter writer, Paint paint, IReadOnlyList<string> warnings)
    {
        foreach (string warning in warnings) Line(writer, "  " + paint.Warn(CliTexts.Warning) + " " + Redact.Passwords(V(warning)));
    }

    private static string V(string? text) => DrpOutput.Visible(text);

    private static void Line(TextWriter writer, string line) => writer.WriteLine(line);
}
