using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>One progress bar for all the programs of a restore: plain bytes fed of all, and what is being made now. At most five events a second.</summary>
internal sealed class RestoreProgress(HostContext host, string activity, long? total)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private readonly object _gate = new();
    private string _step = "";
    private long _told;
    private long _done;

    /// <summary>Plain bytes read.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>More bytes were read.</summary>
    public void Add(int bytes)
    {
        Interlocked.Add(ref _done, bytes);
        Tell(_step, force: false);
    }

    /// <summary>Another object is being made.</summary>
    public void Step(string step) => Tell(step, force: false);

    /// <summary>It is over, well or not.</summary>
    public void Finish() => host.Observer.On(new DrpProgress(activity, "", Done, total, ProgressUnit.Bytes, Finished: true));

    private void Tell(string step, bool force)
    {
        lock (_gate)
        {
            _step = step;
            long now = host.Clock.GetTimestamp();
            if (!force && _told != 0 && host.Clock.GetElapsedTime(_told, now) < s_pause) return;
            _told = now;
        }

        host.Observer.On(new DrpProgress(activity, step, Done, total));
    }
}
