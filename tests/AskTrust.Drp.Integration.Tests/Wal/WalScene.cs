using System.Globalization;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.Integration.Tests.PointInTime;

namespace AskTrust.Drp.Integration.Tests.Wal;

/// <summary>The scene with point-in-time recovery, and a receiver beside it.</summary>
internal sealed class WalScene : IAsyncDisposable
{
    /// <summary>For what takes a second when nothing else runs.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly List<DrpSession> _sessions = [];

    private WalScene(Scene scene) => Scene = scene;

    public Scene Scene { get; }

    public string Spool => Scene.Folder["spool"];

    /// <param name="more">More keys of the section, e.g. <c>spoolLimit: 100MiB</c>.</param>
    /// <param name="plan">Changes the plan.</param>
    public static async Task<WalScene> SetAsync(string more = "", Func<string, string>? plan = null)
    {
        var scene = await Scene.SetAsync((s, text) =>
        {
            text = text.Replace("canary: true", $"canary: true\n    pointInTime: {{ shipEvery: 1s, spool: {s.Folder["spool"]}{(more.Length > 0 ? ", " + more : "")} }}", StringComparison.Ordinal);
            return plan?.Invoke(text) ?? text;
        });
        await File.AppendAllTextAsync(Path.Join(scene.Cluster.Data, "pg_hba.conf"), "host replication all 127.0.0.1/32 scram-sha-256\n");
        await scene.Cluster.SqlAsync("SELECT pg_reload_conf()");
        return new WalScene(scene);
    }

    /// <param name="options">Options.</param>
    /// <param name="state">State directory, as of another machine; null = the scene's.</param>
    public async Task<Receiver> ReceiveAsync(WalReceiveOptions? options = null, string? state = null)
    {
        DrpSession session = state is null ? await Scene.OpenAsync() : await DrpSession.OpenAsync(Scene.PlanFile, new EngineOptions { StateDirectory = state, Observer = Scene.Heard }, default);
        _sessions.Add(session);
        return new Receiver(session, options ?? new WalReceiveOptions());
    }

    public Task<WalReceiveReport> CatchUpAsync() => Scene.WithAsync(s => s.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, new CancellationTokenSource(s_patience).Token));

    /// <summary>Takes a base backup.</summary>
    public Task<BackupReport> BaseAsync() => Scene.BackUpAsync(new BackupOptions { Kind = "base" });

    /// <summary>Restores from one repository, or from any, and starts the server.</summary>
    public async Task<RestoredServer> RestoreAsync(string? repository = null, string target = "latest")
    {
        Assert.True(RecoveryTarget.TryParse(target, out var to));
        string data = Path.Join(Scene.Folder.Path, $"restored-{Guid.NewGuid().ToString("N")[..6]}");
        var report = await Scene.WithAsync(s => s.RestoreAsync(new RestoreOptions { To = to, DataDirectory = data, Repository = repository }, default));
        Assert.Equal(RunStatus.Succeeded, report.Status);
        return await RestoredServer.StartAsync(data);
    }

    public Task<List<RecoveryWindow>> WindowsAsync() => Scene.WithAsync(s => s.RecoveryWindowAsync(null, default).ToListAsync());

    /// <summary>The repository does not answer any more, and cannot be made anew.</summary>
    public void Away(string repository)
    {
        Directory.Move(Scene.Repository(repository), Scene.Folder[$"{repository}-away"]);
        File.WriteAllText(Scene.Repository(repository), "");
    }

    /// <summary>And answers again.</summary>
    public void Back(string repository)
    {
        File.Delete(Scene.Repository(repository));
        Directory.Move(Scene.Folder[$"{repository}-away"], Scene.Repository(repository));
    }

    public Task<string> SqlAsync(string sql) => Scene.Cluster.SqlAsync(sql, "shop");

    /// <summary>Writes rows and closes a segment, so many times.</summary>
    public async Task<IReadOnlyList<string>> SegmentsAsync(int count)
    {
        List<string> names = [];
        for (int i = 0; i < count; i++)
        {
            await SqlAsync("CREATE TABLE IF NOT EXISTS wal_rows (n bigint, t text); INSERT INTO wal_rows SELECT i, repeat('x', 200) FROM generate_series(1, 2000) i");
            names.Add(await SqlAsync("SELECT pg_walfile_name(pg_current_wal_insert_lsn())"));
            await SqlAsync("SELECT pg_switch_wal()");
        }

        return names;
    }

    /// <summary>Objects of the WAL in a repository, names only.</summary>
    public IReadOnlyList<string> Objects(string repository)
    {
        string folder = Path.Join(Scene.Repository(repository), "shop", "wal");
        return !Directory.Exists(folder) ? [] : [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetFileName(f)).Where(n => n.Length > 24 && char.IsAsciiHexDigitUpper(n[0]) && !n.StartsWith('~') && !n.Contains(".map", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    public IReadOnlyList<string> Segments(string repository) => [.. Objects(repository).Where(n => n[24] == '-').Select(n => n[..24])];

    public string PathOf(string repository, string start) =>
        Directory.EnumerateFiles(Path.Join(Scene.Repository(repository), "shop", "wal"), start + "*", SearchOption.AllDirectories).Single();

    /// <summary>Fetches with one repository only.</summary>
    public async Task<byte[]?> FetchAsync(string name, string? repository = null)
    {
        string file = Scene.Folder["fetched"];
        File.Delete(file);
        var result = await Scene.WithAsync(s => s.WalFetchAsync(
            new WalFetchOptions { Name = name, Destination = file, Prefetch = 0, Patience = TimeSpan.Zero, Repositories = repository is null ? [] : [repository] }, default));
        return result.Found ? await File.ReadAllBytesAsync(file) : null;
    }

    public static async Task UntilAsync(Func<bool> done, Func<string> otherwise)
    {
        for (var until = DateTime.UtcNow + s_patience; !done(); await Task.Delay(50))
        {
            if (DateTime.UtcNow > until) throw new TimeoutException(otherwise());
        }
    }

    public async Task UntilAsync(Func<Task<bool>> done)
    {
        for (var until = DateTime.UtcNow + s_patience; !await done(); await Task.Delay(100))
        {
            if (DateTime.UtcNow > until) throw new TimeoutException(string.Join('\n', Scene.Heard.Texts));
        }
    }

    public Task UntilAsync(Func<bool> done) => UntilAsync(done, () =>
        string.Create(CultureInfo.InvariantCulture, $"one: {string.Join(' ', Objects("one"))}\ntwo: {string.Join(' ', Objects("two"))}\nsaid: {string.Join('\n', Scene.Heard.Texts)}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions) await session.DisposeAsync();
        await Scene.DisposeAsync();
    }
}

/// <summary>A receiver of this process; disposing stops it in order.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public Receiver(DrpSession session, WalReceiveOptions options) => Running = Task.Run(() => session.WalReceiveAsync(options, _stop.Token));

    public Task<WalReceiveReport> Running { get; }

    public async Task<WalReceiveReport> StopAsync()
    {
        await _stop.CancelAsync();
        return await Running;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ((Task)Running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
