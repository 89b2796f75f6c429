using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>One line at the foot of the terminal: what is done, how far, how fast, how long still.</summary>
internal sealed class ProgressLine(TextWriter writer, TimeProvider clock, Func<int> width)
{
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(120);

    private readonly Dictionary<string, Rate> _rates = new(StringComparer.Ordinal);
    private long? _last;
    private bool _shown;

    /// <summary>Takes a progress event; draws at most eight times a second.</summary>
    public void On(DrpProgress progress)
    {
        if (progress.Finished)
        {
            _rates.Remove(progress.Activity);
            Clear();
            return;
        }

        long now = clock.GetTimestamp();
        if (!_rates.TryGetValue(progress.Activity, out var rate)) _rates[progress.Activity] = rate = new Rate(progress.Done, now);
        double? perSecond = rate.Feed(progress.Done, now, clock);
        if (_last is { } last && clock.GetElapsedTime(last, now) < s_between) return;
        _last = now;
        string text = Cut(Describe(progress, perSecond), Math.Max(20, width() - 1));
        writer.Write("\r" + text + "\u001b[K");
        writer.Flush();
        _shown = true;
    }

    /// <summary>Wipes the line, so that something else can be written.</summary>
    public void Clear()
    {
        if (!_shown) return;
        writer.Write("\r\u001b[K");
        writer.Flush();
        _shown = false;
    }

    /// <summary>The line's text.</summary>
    internal static string Describe(DrpProgress progress, double? perSecond)
    {
        bool bytes = progress.Unit == ProgressUnit.Bytes;
        string Amount(long n) => bytes ? Format.Bytes(n) : Format.Number(n);
        var parts = new List<string> { progress.Activity };
        if (progress.Step.Length > 0 && progress.Step != progress.Activity) parts.Add(progress.Step);
        if (progress.Total is { } total and > 0)
        {
            parts.Add(Format.Percent(Math.Min(1, (double)progress.Done / total)));
            parts.Add(Text.Of(CliTexts.ProgressOf, Amount(progress.Done), Amount(total)));
        }
        else if (progress.Done > 0)
        {
            parts.Add(Amount(progress.Done));
        }

        if (bytes && perSecond is { } speed and >= 1) parts.Add(Format.Bytes((long)speed) + "/s");
        if (perSecond is { } pace and > 0 && progress.Total is { } all && all > progress.Done)
            parts.Add(Text.Of(CliTexts.ProgressLeft, Format.Duration(TimeSpan.FromSeconds(Math.Ceiling(Math.Min((all - progress.Done) / pace, 1e8))))));
        return string.Join(" · ", parts.Select(DrpOutput.Visible));
    }

    private static string Cut(string text, int width)
    {
        if (Table.Width(text) <= width) return text;
        int end = text.Length;
        while (end > 0 && Table.Width(text[..end]) > width - 1) end--;
        if (end > 0 && char.IsHighSurrogate(text[end - 1])) end--;
        return text[..end] + "…";
    }

    /// <summary>Speed over the last seconds: newer moments weigh more.</summary>
    private sealed class Rate(long done, long start)
    {
        private long _done = done;
        private long _time = start;
        private double? _speed;

        public double? Feed(long now, long timestamp, TimeProvider clock)
        {
            double seconds = clock.GetElapsedTime(_time, timestamp).TotalSeconds;
            if (seconds < 0.5) return _speed;
            double current = Math.Max(0, now - _done) / seconds;
            double weight = 1 - Math.Exp(-seconds / 5);
            _speed = _speed is { } before ? before + (weight * (current - before)) : current;
            (_done, _time) = (now, timestamp);
            return _speed;
        }
    }
}
