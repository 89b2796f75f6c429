using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>The crontab of a user: our lines stand between two marks that name the plan; every other line stays as it is, byte for byte.</summary>
internal sealed class CrontabPlace(ScheduleSetting setting, TimeZoneInfo machine, Crontab crontab) : CronPlace(setting, machine)
{
    private string? _before;

    /// <inheritdoc/>
    public override ScheduleManager Manager => ScheduleManager.Crontab;

    /// <inheritdoc/>
    public override bool IsUsable => crontab.IsThere && Setting.Options.Folder is null;

    private string Begin => Crontab.Encode($"# BEGIN AskTrust.Drp: {Setting.Context.Plan.Path} (written by drp schedule; change the plan, not these lines)");

    private string End => Crontab.Encode($"# END AskTrust.Drp: {Setting.Context.Plan.Path}");

    /// <inheritdoc/>
    public override string Of(string job) => crontab.Name;

    /// <inheritdoc/>
    protected override async Task<CronEntries> ReadAsync(CancellationToken ct)
    {
        _before = await crontab.ReadAsync(ct).ConfigureAwait(false);
        string[] lines = _before.Split('\n');
        (int begin, int end) = Marks(lines);
        if (begin < 0) return new CronEntries();
        CronEntries entries = CronEntries.Read([.. lines[(begin + 1)..end].Select(Crontab.Decode)], out string? strange);
        // Somebody put a line of his own between our marks: writing ours anew would take it away.
        if (strange is not null) throw Broken(Host.Text.Of(ScheduleTexts.StrangeLine, crontab.Name, begin + 1, end + 1));
        return entries;
    }

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<string>> WriteAsync(CronEntries entries, bool same, CancellationToken ct)
    {
        if (same) return [];
        string[] lines = _before!.Split('\n');
        (int begin, int end) = Marks(lines);
        string[] ours = entries.Jobs.Count == 0 ? [] : [Begin, .. entries.Lines.Select(Crontab.Encode), End];
        // Behind all other lines when new; what is behind us stays there.
        string after = begin >= 0 ? string.Join('\n', [.. lines[..begin], .. ours, .. lines[(end + 1)..]])
            : _before + (_before.Length > 0 && !_before.EndsWith('\n') ? "\n" : "") + string.Join('\n', ours) + "\n";
        if (!Setting.Options.DryRun) await crontab.WriteAsync(_before, after, ct).ConfigureAwait(false);
        return [Host.Text.Of(entries.Jobs.Count == 0 ? ScheduleTexts.TakeOut : ScheduleTexts.PutInto, crontab.Name)];
    }

    private (int Begin, int End) Marks(string[] lines)
    {
        int[] begins = [.. Places(Begin)], ends = [.. Places(End)];
        return (begins, ends) switch
        {
            ([], []) => (-1, -1),
            ([var begin], [var end]) when begin < end => (begin, end),
            _ => throw Broken(Host.Text.Of(ScheduleTexts.BrokenMarks, crontab.Name, begins.Length, ends.Length)),
        };

        IEnumerable<int> Places(string mark) => Enumerable.Range(0, lines.Length).Where(i => lines[i] == mark);
    }

    private DrpException Broken(string message) => new(DrpError.UnsafeTarget, message) { Subject = crontab.Name, Hint = Host.Text.Of(ScheduleTexts.BrokenMarksHint, Crontab.Decode(Begin), Crontab.Decode(End)) };
}
