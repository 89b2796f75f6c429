namespace AskTrust.Drp.Cli.Output;

/// <summary>WAL for people.</summary>
internal static class ShowWal
{
    private const int BarLength = 48;

    /// <summary>What a receiver did.</summary>
    public static void Receive(TextWriter writer, Paint paint, WalReceiveReport report)
    {
        foreach (var r in report.Repositories)
        {
            string line = Text.Of(CliTexts.WalShipped, r.Repository, r.Segments, r.Pieces, r.Shipped?.ToString() ?? "-", r.LastCommit is { } time ? Human.Time(time) : "-");
            writer.WriteLine(r.Message is null ? line : $"{line}  {paint.Bad(r.Message)}");
        }
    }

    /// <summary>To which moments one can return, drawn: one line for each stretch of WAL, its length on the bar that of its bytes.</summary>
    public static void Window(TextWriter writer, Paint paint, RecoveryWindow window)
    {
        string head = $"{window.Component} · {window.Repository}";
        if (window.SystemIdentifier.Length > 0) head = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{head} · {window.SystemIdentifier} · PostgreSQL {window.Version}");
        writer.WriteLine(head);
        if (window.Message is not null)
        {
            writer.WriteLine("  " + paint.Bad(window.Message));
            return;
        }

        if (window.FollowedBy is { } next) writer.WriteLine("  " + Text.Of(CliTexts.WindowFollowed, next));
        writer.WriteLine("  " + (window.Earliest is { } from && window.Latest is { } to
            ? paint.Good(Text.Of(CliTexts.WindowFromTo, Human.Time(from), Human.Time(to), window.LatestLsn!.Value))
            : paint.Bad(window.Ranges.Count == 0 ? CliTexts.WindowNoWal : CliTexts.WindowNoBase)));
        if (window.Ranges.Count == 0) return;
        ulong first = window.Ranges.Min(r => r.Start.Value), last = window.Ranges.Max(r => r.End.Value);
        foreach (var line in window.Ranges.GroupBy(r => r.Timeline))
        {
            char[] bar = new string(' ', BarLength).ToCharArray();
            foreach (var range in line) Array.Fill(bar, '━', At(range.Start), Math.Max(1, At(range.End) - At(range.Start)));
            foreach (var gap in window.Gaps.Where(g => g.Timeline == line.Key)) Array.Fill(bar, '·', Math.Min(At(gap.Start), BarLength - 1), Math.Max(1, Math.Min(At(gap.End), BarLength) - Math.Min(At(gap.Start), BarLength - 1)));
            writer.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"  {line.Key,3} ┃{new string(bar)}┃ {line.First().Start} – {line.Last().End}"));
        }

        foreach (var fork in window.Forks) writer.WriteLine("  " + Text.Of(CliTexts.WindowFork, fork.Timeline, fork.Parent, fork.At));
        foreach (var gap in window.Gaps)
        {
            string cause = gap.Cause switch { WalGapCause.SlotGivenUp => CliTexts.GapGivenUp, WalGapCause.SlotLost => CliTexts.GapLost, _ => CliTexts.GapMissing };
            writer.WriteLine("  " + paint.Bad(Text.Of(CliTexts.WindowGap, gap.Timeline, gap.Start, gap.End, gap.First, cause)));
        }

        int At(Lsn lsn) => last == first ? 0 : Math.Min(BarLength - 1, (int)((double)(lsn.Value - first) / (last - first) * BarLength));
    }

    /// <summary>How the WAL is on its way.</summary>
    public static void Status(TextWriter writer, Paint paint, ReplicationStatus status)
    {
        writer.WriteLine(Text.Of(CliTexts.ReplicationLine, status.Component, status.Slot, status.Written?.ToString() ?? "-",
            status.LagBytes is { } lag ? Human.Size(lag) : "-", status.Lag is { } time ? Human.Duration(time) : "-", status.Retained is { } kept ? Human.Size(kept) : "-", Human.Size(status.SpoolBytes)));
        foreach (var r in status.Repositories)
            writer.WriteLine("  " + Text.Of(CliTexts.WalShipped, r.Repository, r.Segments, r.Pieces, r.Shipped?.ToString() ?? "-", r.LastCommit is { } commit ? Human.Time(commit) : "-"));
        foreach (string problem in status.Problems) writer.WriteLine("  " + (status.Verdict == CheckVerdict.Failed ? paint.Bad(problem) : paint.Warn(problem)));
    }
}
