using System.Diagnostics;
using System.Globalization;
using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>What is killed.</summary>
internal enum KillTarget
{
    Backup,
    Sync,
    Prune,
    Restore,
    RestoreTest,
}

/// <summary>
/// Kills real <c>drp</c> processes at random moments, and after each looks that nothing was harmed, that the next run is not in its way,
/// and that it sweeps what was left.
/// </summary>
internal sealed class KillRounds
{
    private readonly Scene _scene;
    private readonly int _seed;
    private readonly Random _random;
    private readonly Dictionary<KillTarget, TimeSpan> _length = [];
    private string _a = "";
    private string _b = "";
    private string _current = "a";
    private string _round = "";

    private KillRounds(Scene scene, int seed)
    {
        (_scene, _seed) = (scene, seed);
#pragma warning disable CA5394 // Moments, not secrets.
        _random = new Random(seed);
#pragma warning restore CA5394
    }

    /// <summary>Runs that were killed before they had ended.</summary>
    public int Killed { get; private set; }

    /// <summary>Two states of the database, each in a pinned set; a target database that holds the first.</summary>
    public static async Task<KillRounds> PrepareAsync(Scene scene, int seed)
    {
        var rounds = new KillRounds(scene, seed);
        await scene.Cluster.SqlAsync("CREATE TABLE mark (v text); INSERT INTO mark VALUES ('a')", "shop");
        rounds._a = (await scene.BackUpAsync(new BackupOptions { Pin = true })).Id;
        await scene.Cluster.SqlAsync("UPDATE mark SET v = 'b'; INSERT INTO customer (name) VALUES ('one more')", "shop");
        rounds._b = (await scene.BackUpAsync(new BackupOptions { Pin = true })).Id;
        await scene.WithAsync(s => s.RestoreAsync(new RestoreOptions { Id = rounds._a, Database = "target" }, default));
        return rounds;
    }

    /// <summary>One round.</summary>
    public async Task RunAsync(KillTarget what, int number)
    {
        await MakeReadyAsync(what);
        var before = RepositoryBytes.Read(_scene);
        await KillAsync(what, number);
        await LookAsync(what, before);
        await AgainAsync(what);
        await NothingLeftAsync(what);
    }

    /// <summary>Every byte of every set read, and the newest restored and judged.</summary>
    public async Task ProveAsync()
    {
        var verified = await _scene.WithAsync(async s => await s.VerifyAsync(new VerifyOptions { Depth = VerificationDepth.Content }, default).ToListAsync());
        Assert.DoesNotContain(verified, v => v.Verdict == CheckVerdict.Failed);
        var proof = await _scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions(), default));
        Assert.True(proof.Verdict == CheckVerdict.Ok, $"{_round}: {proof.Id} does not restore: {proof.Message}");
    }

    private async Task MakeReadyAsync(KillTarget what)
    {
        if (what == KillTarget.Sync) await _scene.BackUpAsync(new BackupOptions { Repositories = ["one"] });
        while (what == KillTarget.Prune && RepositoryBytes.Sets(_scene, "one").Count < 4) await _scene.BackUpAsync();
        if (_length.ContainsKey(what)) return;

        // How long it takes when nobody kills it.
        var clock = Stopwatch.StartNew();
        var (code, output) = await DrpProgram.RunAsync(_scene, Arguments(what));
        Assert.True(code == 0, $"{what} ended with {code}:\n{output}");
        _length[what] = clock.Elapsed;
        if (what == KillTarget.Restore) _current = Other;
        if (what is KillTarget.Sync or KillTarget.Prune) await MakeReadyAsync(what);
    }

    private async Task KillAsync(KillTarget what, int number)
    {
#pragma warning disable CA5394 // Moments, not secrets.
        // The runtime needs its time before anything happens that is worth being interrupted.
        TimeSpan after = TimeSpan.FromMilliseconds(150) + _random.NextDouble() * _length[what];
#pragma warning restore CA5394
        var clock = Stopwatch.StartNew();
        await using var drp = DrpProgram.Start(_scene, Arguments(what));
        await Task.WhenAny(drp.WaitAsync(), Task.Delay(after));
        bool alive = !drp.HasExited;
        await DrpProgram.KillAloneAsync(drp);
        if (alive) Killed++;
        // The machine has less to do than when it was measured: the next one is not missed by that again.
        else _length[what] = TimeSpan.FromTicks(Math.Min(_length[what].Ticks, clock.Elapsed.Ticks));
        _round = string.Create(CultureInfo.InvariantCulture, $"seed {_seed}, round {number}, {what} killed after {after.TotalMilliseconds:0} of {_length[what].TotalMilliseconds:0} ms");
    }

    private async Task LookAsync(KillTarget what, RepositoryBytes before)
    {
        var harm = before.Harm(id => what == KillTarget.Prune && id != _a && id != _b);
        Assert.True(harm.Count == 0, $"{_round}: changed or gone: {string.Join(", ", harm)}");
        var listed = await _scene.WithAsync(async s => await s.ListAsync(new BackupFilter(), default).ToListAsync());
        Assert.Contains(listed, s => s.Id == _a);
        Assert.Contains(listed, s => s.Id == _b);
        // What was there before is the same byte for byte; so only what is new has to be read.
        foreach (string id in listed.Select(l => l.Id).Where(id => !before.Has(id)))
        {
            var verified = await _scene.WithAsync(async s => await s.VerifyAsync(new VerifyOptions { Filter = new BackupFilter { Ids = [id] }, Depth = VerificationDepth.Content }, default).ToListAsync());
            Assert.Equal(listed.Single(l => l.Id == id).Repositories.Count, verified.Count);
            // In the moment between the manifest and its second copy a set is whole, and one of the two is missing.
            Assert.All(verified, v => Assert.True(
                v.Verdict == CheckVerdict.Ok || (v.Verdict == CheckVerdict.Warning && v.Problems.All(p => p.Contains("manifest", StringComparison.Ordinal))),
                $"{_round}: {v.Repository}:{v.Id}: {string.Join("; ", v.Problems)}"));
        }

        string state = await StateAsync();
        Assert.True(state is "a/2000/9000" or "b/2001/9000", $"{_round}: the target holds {state}");
        if (what == KillTarget.Restore) _current = state[..1];
        Assert.Equal(_current, state[..1]);
    }

    private async Task AgainAsync(KillTarget what)
    {
        try
        {
            await (what switch
            {
                KillTarget.Backup => BackupAgainAsync(),
                KillTarget.Sync => SyncAgainAsync(),
                KillTarget.Prune => PruneAgainAsync(),
                KillTarget.Restore => RestoreAgainAsync(),
                _ => ProveAsync(),
            });
        }
        catch (DrpException e)
        {
            Assert.Fail($"{_round}: the next run says {e.Code}: {e.Message}");
        }
    }

    private async Task BackupAgainAsync() => Assert.Equal(RunStatus.Succeeded, (await _scene.BackUpAsync()).Status);

    private async Task SyncAgainAsync()
    {
        var copied = await _scene.WithAsync(async s => await s.SyncAsync(new SyncOptions(), default).ToListAsync());
        Assert.All(copied, c => Assert.True(c.Status == RunStatus.Succeeded, $"{_round}: {c.Message}"));
        Assert.Equal(RepositoryBytes.Sets(_scene, "one"), RepositoryBytes.Sets(_scene, "two"));
    }

    private async Task PruneAgainAsync()
    {
        var decisions = await _scene.WithAsync(async s => await s.RetainAsync(new RetentionOptions { Policy = new RetentionPolicy { Last = 1 } }, default).ToListAsync());
        Assert.DoesNotContain(decisions, d => d.Action == RetentionAction.Failed);
        Assert.All((string[])["one", "two"], r => Assert.InRange(RepositoryBytes.Sets(_scene, r).Count, 3, 4));
    }

    private async Task RestoreAgainAsync()
    {
        await _scene.WithAsync(s => s.RestoreAsync(new RestoreOptions { Id = Other == "a" ? _a : _b, Database = "target", Force = true, NoSafetyReason = "test of kills" }, default));
        _current = Other;
        Assert.Equal(_current, (await StateAsync())[..1]);
    }

    private async Task NothingLeftAsync(KillTarget what)
    {
        // Programs of the killed run end when their pipes do: in a moment.
        var clock = Stopwatch.StartNew();
        while (Left(what).Count > 0 && clock.Elapsed < TimeSpan.FromSeconds(10)) await Task.Delay(100);
        Assert.True(Left(what).Count == 0, $"{_round}: left behind:\n{string.Join('\n', Left(what))}");
        Assert.True(await DatabasesAsync() == "postgres shop target", $"{_round}: databases: {await DatabasesAsync()}");
    }

    private IReadOnlyList<string> Left(KillTarget what)
    {
        List<string> left = [.. Scene.ProcessesNaming(_scene.Folder.Path).Where(p => !p.Contains(_scene.Cluster.Data, StringComparison.Ordinal))];
        if (Directory.Exists(Path.Join(_scene.State, "tmp"))) left.AddRange(Directory.EnumerateFileSystemEntries(Path.Join(_scene.State, "tmp")));
        foreach (string repository in (string[])["one", "two"])
        {
            string locks = _scene.Folder[repository, "shop", "locks"];
            // A file killed before it got its name is no lock, and is swept by a prune once nobody can be writing it any more.
            // A reading run needs no lock of a repository that it does not read: what was left there stays until somebody writes.
            if (what is KillTarget.Backup or KillTarget.Prune && Directory.Exists(locks)) left.AddRange(Directory.EnumerateFiles(locks).Where(f => !Path.GetFileName(f).StartsWith("~drp-", StringComparison.Ordinal)));
        }

        return left;
    }

    private string Other => _current == "a" ? "b" : "a";

    private string[] Arguments(KillTarget what) => what switch
    {
        KillTarget.Backup => ["backup"],
        KillTarget.Sync => ["sync"],
        KillTarget.Prune => ["prune", "--keep-last", "1"],
        KillTarget.Restore => ["restore", Other == "a" ? _a : _b, "--database", "target", "--force", "--no-safety", "test of kills"],
        _ => ["test-restore", "latest"],
    };

    private Task<string> StateAsync() =>
        _scene.Cluster.SqlAsync("SELECT (SELECT v FROM mark) || '/' || (SELECT count(*) FROM customer) || '/' || (SELECT count(*) FROM purchase)", "target");

    private Task<string> DatabasesAsync() => _scene.Cluster.SqlAsync("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate");
}
