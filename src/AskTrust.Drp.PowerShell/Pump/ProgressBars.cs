using System.Diagnostics;
using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Pump;

/// <summary>Turns the engine's progress into bars: one for each activity, each drawn at most five times a second.</summary>
internal sealed class ProgressBars
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private static int s_lastId;

    private readonly Dictionary<string, Bar> _bars = new(StringComparer.Ordinal);

    /// <summary>What to draw now; null when it is too early to draw this activity again.</summary>
    public ProgressRecord? Next(DrpProgress progress)
    {
        lock (_bars)
        {
            if (!_bars.TryGetValue(progress.Activity, out var bar))
                _bars.Add(progress.Activity, bar = new Bar(Interlocked.Increment(ref s_lastId), Stopwatch.GetTimestamp()));
            if (progress.Finished)
            {
                _bars.Remove(progress.Activity);
                return Last(bar, progress.Activity);
            }

            long now = Stopwatch.GetTimestamp();
            if (bar.Drawn != 0 && Stopwatch.GetElapsedTime(bar.Drawn, now) < s_pause) return null;
            bar.Drawn = now;
            return Draw(bar, progress);
        }
    }

    /// <summary>The last state of every bar that is still up.</summary>
    public IReadOnlyList<ProgressRecord> End()
    {
        lock (_bars)
        {
            ProgressRecord[] last = [.. _bars.Select(b => Last(b.Value, b.Key))];
            _bars.Clear();
            return last;
        }
    }

    private static ProgressRecord Draw(Bar bar, DrpProgress progress)
    {
        var elapsed = Stopwatch.GetElapsedTime(bar.Began);
        var record = new ProgressRecord(bar.Id, Filled(progress.Activity), Filled(Amount(progress, elapsed)))
        {
            CurrentOperation = progress.Step,
            PercentComplete = progress.Total is > 0 ? (int)Math.Clamp(100 * progress.Done / progress.Total.Value, 0, 100) : -1,
        };
        if (progress.Total > progress.Done && progress.Done > 0 && elapsed > TimeSpan.FromSeconds(2))
            record.SecondsRemaining = (int)Math.Min(int.MaxValue, elapsed.TotalSeconds * (progress.Total.Value - progress.Done) / progress.Done);
        return record;
    }

    private static string Amount(DrpProgress progress, TimeSpan elapsed)
    {
        if (progress.Unit == ProgressUnit.Items) return progress.Total is { } items ? $"{progress.Done}/{items}" : $"{progress.Done}";
        string done = Human.Size(progress.Done);
        if (progress.Total is { } total) done += " / " + Human.Size(total);
        return elapsed > TimeSpan.FromSeconds(1) ? $"{done}  {Human.Size((long)(progress.Done / elapsed.TotalSeconds))}/s" : done;
    }

    private static ProgressRecord Last(Bar bar, string activity) => new(bar.Id, Filled(activity), " ") { RecordType = ProgressRecordType.Completed };

    // PowerShell refuses an empty activity or status.
    private static string Filled(string text) => string.IsNullOrWhiteSpace(text) ? "…" : text;

    private sealed class Bar(int id, long began)
    {
        public int Id => id;

        public long Began => began;

        public long Drawn { get; set; }
    }
}
