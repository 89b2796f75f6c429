using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Fetches one file of the WAL archive.</summary>
/// <param name="name">Exact name.</param>
/// <param name="destination">File to write.</param>
/// <param name="ct">Cancels.</param>
/// <returns>False when every repository answered and none has it.</returns>
/// <exception cref="DrpException">It is not known whether the archive has it.</exception>
internal delegate Task<bool> WalFetch(string name, string destination, CancellationToken ct);

/// <summary>
/// Gives a recovering server the WAL it asks for. The repositories' keys stay with us: the server, another user as a rule, only gets plain files in a folder of
/// its own, and several are fetched ahead of it. When a file cannot be got although it may be there, or when we are gone, the server is made to stop: recovery
/// never ends early by mistake.
/// </summary>
internal sealed class WalFeed : IAsyncDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);
    private readonly TempFolder _folder;
    private readonly SystemUser? _user;
    private readonly WalFetch _fetch;
    private readonly Func<string, IEnumerable<string>> _next;
    private readonly CancellationTokenSource _stop;
    private readonly Dictionary<string, Task<bool>> _under = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ready = new(StringComparer.Ordinal);
    private readonly HashSet<string> _absent = new(StringComparer.Ordinal);
    private Task _work = Task.CompletedTask;
    private int _given;

    private WalFeed(TempFolder folder, SystemUser? user, WalFetch fetch, Func<string, IEnumerable<string>> next, CancellationToken ct)
    {
        (_folder, _user, _fetch, _next) = (folder, user, fetch, next);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
    }

    /// <summary>Folder of the server: socket, settings, WAL.</summary>
    public string Folder => _folder.Path;

    /// <summary>What <c>restore_command</c> is.</summary>
    public string RestoreCommand => $"/bin/sh \"{Path.Combine(_folder.Path, "fetch")}\" \"%f\" \"%p\"";

    /// <summary>Segments given so far.</summary>
    public int Given => _given;

    /// <summary>Called with the name of each segment that was taken.</summary>
    public Action<string>? OnTaken { get; set; }

    /// <summary>Why the server was made to stop; null when it was not.</summary>
    public DrpException? Failure { get; private set; }

    /// <summary>Begins to listen.</summary>
    /// <param name="host">The host.</param>
    /// <param name="user">User of the server; null = ourselves.</param>
    /// <param name="fetch">Fetches.</param>
    /// <param name="next">Names that will probably be asked for after one.</param>
    /// <param name="ct">Cancels.</param>
    public static WalFeed Start(HostContext host, SystemUser? user, WalFetch fetch, Func<string, IEnumerable<string>> next, CancellationToken ct)
    {
        var feed = new WalFeed(host.Temp.CreateFolder("recovery", user?.Name, forSockets: true), user, fetch, next, ct);
        foreach (string name in (string[])["ask", "have", "none"]) TargetDirectory.MakeFolder(feed.In(name), user);
        File.WriteAllText(feed.In("fetch"), feed.Script());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(feed.In("fetch"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        feed._work = Task.Run(feed.WorkAsync, CancellationToken.None);
        return feed;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        _stop.Dispose();
        await _folder.DisposeAsync().ConfigureAwait(false);
    }

    private string In(string name, string? file = null) => file is null ? Path.Combine(_folder.Path, name) : Path.Combine(_folder.Path, name, file);

    /// <summary>Exit codes above 125 make the server stop; 1 tells it that the archive ends there.</summary>
    private string Script() => $"""
        d='{_folder.Path}'
        if mv -f "$d/have/$1" "$2" 2>/dev/null; then exit 0; fi
        : > "$d/ask/$1" || exit 200
        while :; do
          if mv -f "$d/have/$1" "$2" 2>/dev/null; then rm -f "$d/ask/$1"; exit 0; fi
          if [ -f "$d/none/$1" ]; then rm -f "$d/none/$1" "$d/ask/$1"; exit 1; fi
          if [ -f "$d/failed" ] || [ ! -d "$d/ask" ]; then exit 200; fi
          if [ -d /proc/1 ] && [ ! -d /proc/{Environment.ProcessId} ]; then exit 200; fi
          sleep 0.02
        done

        """.ReplaceLineEndings("\n");

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                Take();
                foreach (string name in Directory.EnumerateFiles(In("ask")).Select(f => Path.GetFileName(f)).ToList()) Answer(name);
                await SettleAsync().ConfigureAwait(false);
                await Task.Delay(s_look, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or DrpException or IOException or UnauthorizedAccessException)
        {
            if (!_stop.IsCancellationRequested) Failure = e as DrpException ?? new DrpException(DrpError.Failed, e.Message, e);
            await _stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_under.Values).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            File.WriteAllText(In("failed"), "");
        }
    }

    /// <summary>What the server has taken since: those behind it are fetched.</summary>
    private void Take()
    {
        foreach (string name in _ready.Where(n => !File.Exists(In("have", n))).Order(StringComparer.Ordinal).ToList())
        {
            _ready.Remove(name);
            if (name.Length == 24)
            {
                Interlocked.Increment(ref _given);
                OnTaken?.Invoke(name);
            }

            Ahead(name);
        }
    }

    private void Answer(string name)
    {
        if (_ready.Contains(name) || _under.ContainsKey(name) || File.Exists(In("none", name))) return;
        // One that was not there when fetched ahead may have come since.
        _absent.Remove(name);
        Begin(name);
        Ahead(name);
    }

    private void Ahead(string name)
    {
        foreach (string next in _next(name).Where(n => !_ready.Contains(n) && !_under.ContainsKey(n) && !_absent.Contains(n))) Begin(next);
    }

    private void Begin(string name)
    {
        string place = In(name + ".part");
        _under[name] = Task.Run(() => _fetch(name, place, _stop.Token), _stop.Token);
    }

    private async Task SettleAsync()
    {
        foreach (var (name, task) in _under.Where(u => u.Value.IsCompleted).ToList())
        {
            _under.Remove(name);
            if (await task.ConfigureAwait(false))
            {
                string place = In(name + ".part");
                if (_user is not null) Posix.ChangeOwner(place, _user.Id, _user.Group);
                _ready.Add(name);
                File.Move(place, In("have", name), overwrite: true);
            }
            else if (File.Exists(In("ask", name)))
            {
                File.WriteAllText(In("none", name), "");
            }
            else
            {
                _absent.Add(name);
            }
        }
    }
}
