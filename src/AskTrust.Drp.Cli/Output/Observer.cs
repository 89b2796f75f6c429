using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>What the engine says while it works, on standard error: lines and a progress line for people, JSON lines for machines.</summary>
internal sealed class Observer : IDrpObserver
{
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly bool _json;
    private readonly Paint _paint;
    private readonly DrpEventLevel _least;
    private readonly ProgressLine? _line;
    private readonly bool _progress;
    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);

    public Observer(bool json, bool quiet, bool verbose, Paint paint)
    {
        _json = json;
        _paint = paint;
        _progress = !quiet;
        _least = Environment.GetEnvironmentVariable("DRP_DEBUG") == "1" ? DrpEventLevel.Debug
            : verbose ? DrpEventLevel.Verbose
            : quiet ? DrpEventLevel.Warning : DrpEventLevel.Information;
        if (!json && !quiet && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"))
            _line = new ProgressLine(Console.Error, TimeProvider.System, () => Console.WindowWidth);
    }

    /// <inheritdoc/>
    public void On(DrpEvent happening)
    {
        lock (_gate)
        {
            if (happening is DrpMessage message && message.Level >= _least) Say(message);
            else if (happening is DrpProgress progress && _progress) Progress(progress);
        }
    }

    /// <summary>Wipes the progress line.</summary>
    public void Clear()
    {
        lock (_gate) _line?.Clear();
    }

    private void Say(DrpMessage message)
    {
        if (_json)
        {
            JsonLines.Write(Console.OpenStandardError(), DrpOutput.JsonLine("message", message));
            return;
        }

        _line?.Clear();
        string text = Redact.Passwords(DrpOutput.Visible(message.Text));
        Console.Error.WriteLine(message.Level switch
        {
            DrpEventLevel.Warning => _paint.Warn(CliTexts.Warning) + " " + text,
            DrpEventLevel.Information => text,
            _ => _paint.Dim(text),
        });
    }

    private void Progress(DrpProgress progress)
    {
        if (!_json)
        {
            _line?.On(progress);
            return;
        }

        long now = TimeProvider.System.GetTimestamp();
        if (!progress.Finished && _told.TryGetValue(progress.Activity, out long last) && TimeProvider.System.GetElapsedTime(last, now) < s_between) return;
        _told[progress.Activity] = now;
        JsonLines.Write(Console.OpenStandardError(), DrpOutput.JsonLine("progress", progress));
    }
}
