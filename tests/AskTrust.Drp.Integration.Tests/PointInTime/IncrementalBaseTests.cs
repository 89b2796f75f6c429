using System.Globalization;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>Base backups that hold what changed since the one before: PostgreSQL 17, of which this machine has no programs, so all is done with those of its image.</summary>
public sealed class IncrementalBaseTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new("incremental");
    private readonly Listener _heard = new();
    private PostgreSqlContainer _server = null!;
    private DrpSession _session = null!;

    public async Task InitializeAsync()
    {
        await DockerEngine.EnsureNextAsync(build: false);
        _server = await PostgreSqlContainer.StartAsync(keep: true, image: DockerEngine.NextImage);
        _folder.Write("drp.yaml", $$"""
            version: 1
            name: boxed
            components:
              db: { type: postgresql, container: {{_server.Name}}, baseBackup: { full: 7d }, pointInTime: { spool: {{_folder["spool"]}}, shipEvery: 1s } }
            repositories:
              one: { type: directory, path: {{_folder["one"]}} }
              two: { type: directory, path: {{_folder["two"]}} }
            compression: none
            encryption: none
            jobs:
              nightly: { kind: base }
            """);
        _session = await DrpSession.OpenAsync(_folder["drp.yaml"], new EngineOptions { StateDirectory = _folder["state"], Observer = _heard }, default);
    }

    public async Task DisposeAsync()
    {
        if (_session is not null) await _session.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        _folder.Dispose();
    }

    [SkippableFact]
    public async Task A_chain_of_bases_brings_back_its_newest_moment_and_any_after_it_and_what_is_in_doubt_is_saved_whole()
    {
        // Without the server's summaries each base is a full one, and it is said; enabling turns them on.
        string[] warned = [.. (await BackUpAsync()).Warnings];
        Assert.Contains(warned, w => w.Contains("summarize_wal is off", StringComparison.Ordinal));
        Assert.Contains(await _session.CheckPlanAsync(default).ToListAsync(), c => c is { Check: "base backup", Verdict: CheckVerdict.Warning });
        var enabled = await _session.EnablePointInTimeAsync(new EnableOptions(), default);
        Assert.Contains(enabled.Findings, f => f is { Check: "summarize_wal" });
        Assert.Equal("on", await _server.SqlAsync("SHOW summarize_wal"));

        await _server.SqlAsync("CREATE TABLE gone AS SELECT i FROM generate_series(1, 1000) i; CREATE TABLE kept AS SELECT i, md5(i::text) AS t FROM generate_series(1, 200000) i");
        Directory.Move(_folder["state", "boxed", "bases"], _folder["lost"]);
        Assert.Contains((await _session.BackupAsync(new BackupOptions { Kind = "base", DryRun = true }, default)).Steps, s => s.Contains("lost or damaged", StringComparison.Ordinal));
        Directory.Move(_folder["lost"], _folder["state", "boxed", "bases"]);
        Assert.Contains((await _session.BackupAsync(new BackupOptions { Kind = "base", DryRun = true }, default)).Steps, s => s.Contains("only what changed", StringComparison.Ordinal));
        BackupReport full = await _session.BackupAsync(new BackupOptions { Kind = "base", Full = true }, default);
        Assert.Empty(full.Warnings);
        await _server.SqlAsync("DROP TABLE gone; UPDATE kept SET t = 'first' WHERE i <= 10; CREATE TABLE made AS SELECT i FROM generate_series(1, 5000) i");
        BackupReport second = await BackUpAsync();
        Assert.Empty(second.Warnings);
        await _server.SqlAsync("UPDATE kept SET t = 'second' WHERE i = 7; DELETE FROM made WHERE i > 4000; CREATE TABLE late AS SELECT 1 AS i");
        BackupReport third = await BackUpAsync();
        Assert.Empty(third.Warnings);
        var sets = await _session.ListAsync(new BackupFilter { Kind = "base" }, default).ToListAsync();
        Assert.Equal([second.Id, full.Id, null], sets.Take(3).Select(s => s.Base));
        // Two segments of WAL may be in it.
        Assert.True(third.PlainSize < full.PlainSize * 3 / 4, $"{third.PlainSize} of {full.PlainSize}");
        await DirectAsync();

        string lsn = await _server.SqlAsync("INSERT INTO late VALUES (2); SELECT pg_current_wal_insert_lsn()");
        await _server.SqlAsync("DROP TABLE late; SELECT pg_switch_wal()");
        await _session.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, default);
        Assert.True(RecoveryTarget.TryParse(lsn, out var target));

        var verified = await _session.VerifyAsync(new VerifyOptions { Depth = VerificationDepth.Archive, Filter = new BackupFilter { Ids = [third.Id], Repository = "one" } }, default).ToListAsync();
        Assert.Equal([third.Id, second.Id, full.Id], verified.Where(v => v.Repository == "one" && v.Id.EndsWith("-base", StringComparison.Ordinal)).Select(v => v.Id));
        Assert.All(verified, v => Assert.True(v.Verdict == CheckVerdict.Ok, string.Join("; ", v.Problems)));
        var proof = await _session.TestRestoreAsync(new RestoreTestOptions { Id = third.Id, NegativeControl = true }, default);
        Assert.True(proof is { Verdict: CheckVerdict.Ok, NegativeControl: true }, proof.Message);
        Assert.Contains(proof.Assertions, a => a is { Name: "pg_verifybackup", Verdict: CheckVerdict.Ok });

        var report = await _session.RestoreAsync(new RestoreOptions { To = target, Container = _server.Name, Force = true }, default);
        Assert.Equal((RunStatus.Succeeded, third.Id), (report.Status, report.Source));
        const string look = "SELECT (SELECT string_agg(t, ',' ORDER BY i) FROM kept WHERE i IN (6, 7)), (SELECT count(*) FROM kept), (SELECT count(*) FROM made), to_regclass('gone') IS NULL";
        Assert.Equal("first,second|200000|4000|t", await _server.SqlAsync(look));
        Assert.Equal("2", await _server.SqlAsync("SELECT count(*) FROM late"));
        Assert.Equal("", await _server.SqlAsync("SELECT f FROM pg_ls_dir('.', true, true) f WHERE f LIKE 'pgsql_tmp.drp-c%'"));

        // The rest is for the long run: ./build.sh soak.
        if (Environment.GetEnvironmentVariable("DRP_SOAK") != "1") return;

        // Nobody deletes what a kept one builds on.
        var thinned = await _session.RetainAsync(new RetentionOptions { Policy = new RetentionPolicy { Last = 1 }, DryRun = true }, default).ToListAsync();
        Assert.DoesNotContain(thinned, d => d.Action == RetentionAction.Delete && d.Id is { } id && (id == full.Id || id == second.Id));
        await GuideAsync(third.Id, "first,second|200000|4000|t", look);
        await KilledAsync();
        Assert.Equal("first,second|200000|4000|t", await _server.SqlAsync(look));
        await DoubtAsync(full.Id);
    }

    /// <summary>kill -9 while the sets are put together: the same restore again works, and nothing of the first is left, neither a container nor a folder in the volume.</summary>
    private async Task KilledAsync()
    {
        string[] restore = ["restore", "--to", "latest", "--container", _server.Name, "--force"];
        await using (ChildProcess drp = DrpProgram.Start(_folder["drp.yaml"], _folder["state"], "", restore))
        {
            int combining;
            for (var until = DateTime.UtcNow.AddSeconds(60); (combining = Combining()) == 0; await Task.Delay(2)) Assert.True(DateTime.UtcNow < until && !drp.HasExited, drp.Output);
            // It gets no further.
            await ChildProcess.RunAsync("kill", ["-STOP", $"{combining}"]);
            await DrpProgram.KillAloneAsync(drp);
        }

        string volume = await DockerEngine.RunAsync(["inspect", "-f", "{{range .Mounts}}{{.Name}}{{end}}", _server.Name]);
        Assert.Contains("pgsql_tmp.drp-chain", await DockerEngine.RunAsync(["run", "--rm", "-v", $"{volume}:/v", "--entrypoint", "ls", DockerEngine.NextImage, "-A", "/v"]), StringComparison.Ordinal);

        await using (ChildProcess drp = DrpProgram.Start(_folder["drp.yaml"], _folder["state"], "", restore))
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            Assert.True(await drp.WaitAsync(patience.Token) == 0, drp.Output);
        }

        Assert.Equal(0, Combining());
        Assert.Equal("", await DockerEngine.RunAsync(["ps", "-aq", "--filter", "label=drp.side", "--filter", $"volume={volume}"]));
        Assert.Equal("", await _server.SqlAsync("SELECT f FROM pg_ls_dir('.', true, true) f WHERE f LIKE 'pgsql_tmp.drp-c%'"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["state", "tmp"]));
    }

    private static int Combining()
    {
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                if (File.ReadAllText(Path.Join(process, "comm")).StartsWith("pg_combinebacku", StringComparison.Ordinal)) return int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It has ended.
            }
        }

        return 0;
    }

    /// <summary>The same server reached by its address: no programs of its version are on this machine, and it compresses itself.</summary>
    private async Task DirectAsync()
    {
        string address = (await DockerEngine.RunAsync(["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", _server.Name])).Trim();
        await DockerEngine.RunAsync(["exec", _server.Name, "sh", "-c", "printf 'host all all 0.0.0.0/0 trust\\nhost replication all 0.0.0.0/0 trust\\n' > /tmp/hba && cat \"$PGDATA/pg_hba.conf\" >> /tmp/hba && cat /tmp/hba > \"$PGDATA/pg_hba.conf\""]);
        await _server.SqlAsync("SELECT pg_reload_conf()");
        _folder.Write("direct.yaml", $$"""
            version: 1
            name: direct
            components:
              db: { type: postgresql, url: "postgresql://postgres@{{address}}/postgres", baseBackup: { full: 7d, serverCompression: true } }
            repositories:
              three: { type: directory, path: {{_folder["three"]}} }
            encryption: none
            """);
        await using DrpSession direct = await DrpSession.OpenAsync(_folder["direct.yaml"], new EngineOptions { StateDirectory = _folder["state"], Observer = _heard }, default);
        BackupReport full = await direct.BackupAsync(new BackupOptions { Kind = "base" }, default);
        await _server.SqlAsync("CHECKPOINT");
        BackupReport second = await direct.BackupAsync(new BackupOptions { Kind = "base" }, default);
        Assert.Empty(second.Warnings);
        BackupSet set = await direct.ListAsync(new BackupFilter { Ids = [second.Id] }, default).SingleAsync();
        Assert.Equal(full.Id, set.Base);
        Assert.EndsWith(".base.tar.zst", set.Artifacts.Single(a => a.Role == "base").Name, StringComparison.Ordinal);
        var verified = await direct.VerifyAsync(new VerifyOptions { Depth = VerificationDepth.Archive, Filter = new BackupFilter { Ids = [second.Id] } }, default).ToListAsync();
        Assert.All(verified, v => Assert.True(v.Verdict == CheckVerdict.Ok, string.Join("; ", v.Problems)));
    }

    /// <param name="first">The full one that the chain so far begins with.</param>
    private async Task DoubtAsync(string first)
    {
        // The server is the judge: on a new timeline, without its summaries, it refuses, and everything is saved.
        await _server.SqlAsync("SELECT pg_switch_wal(); CHECKPOINT");
        await DockerEngine.RunAsync(["exec", _server.Name, "sh", "-c", "rm /var/lib/postgresql/data/pg_wal/summaries/*"]);
        BackupReport refused = await BackUpAsync();
        Assert.True(refused.Warnings.Any(w => w.Contains("cannot tell what changed", StringComparison.Ordinal) && w.Contains("ERROR", StringComparison.Ordinal)), string.Join("; ", refused.Warnings));

        // A repository that misses one run: the next builds on what all have. A tablespace goes through files, beside the server.
        await DockerEngine.RunAsync(["exec", _server.Name, "sh", "-c", "mkdir /ts && chown postgres /ts"]);
        await _server.SqlAsync("CREATE TABLESPACE beside LOCATION '/ts'");
        await _server.SqlAsync("CREATE TABLE apart TABLESPACE beside AS SELECT i FROM generate_series(1, 700) i");
        await _session.BackupAsync(new BackupOptions { Kind = "base", Repositories = ["one"] }, default);
        BackupReport next = await BackUpAsync();
        Assert.Equal(refused.Id, (await _session.ListAsync(new BackupFilter { Ids = [next.Id] }, default).SingleAsync()).Base);
        var proof = await _session.TestRestoreAsync(new RestoreTestOptions { Id = next.Id }, default);
        Assert.True(proof.Verdict == CheckVerdict.Ok, proof.Message);

        // Without what it builds on it cannot come back, and it is said what is missing; the next one is whole.
        foreach (string id in (string[])[refused.Id, first])
        {
            foreach (string repository in (string[])["one", "two"]) Directory.Delete(_folder[repository, "boxed", "sets", id], recursive: true);
        }

        var lost = await Assert.ThrowsAsync<DrpException>(() => _session.TestRestoreAsync(new RestoreTestOptions { Id = next.Id, To = RecoveryTarget.Immediate }, default));
        Assert.Equal(DrpError.VerificationFailed, lost.Code);
        Assert.Contains(refused.Id, lost.Message, StringComparison.Ordinal);
        BackupReport whole = await BackUpAsync();
        Assert.Contains(whole.Warnings, w => w.Contains("lacks " + refused.Id, StringComparison.Ordinal));
        Assert.Null((await _session.ListAsync(new BackupFilter { Ids = [whole.Id] }, default).SingleAsync()).Base);
        Assert.Empty(Directory.EnumerateDirectories(_folder["state", "tmp"]));
    }

    /// <summary>As RESTORE.md says, with the programs of the image only.</summary>
    private async Task GuideAsync(string id, string expected, string look)
    {
        string[] blocks = [.. (await File.ReadAllTextAsync(_folder["one", "boxed", "sets", id, "RESTORE.md"])).Split("```sh\n").Skip(1).Select(b => b.Split("```")[0])];
        _folder.Write("guide.sh", $"set -e\nexport PGDATA=/tmp/data\ncd /tmp/sets/{id}\n{string.Concat(blocks)}\n"
            + "pg_ctl -D $PGDATA -l /tmp/log -w -o '-p 5557' start > /dev/null\npsql -XqAt -h /var/run/postgresql -p 5557 -U postgres -c \"$1\"\n");
        const string asServer = "cp -r /one/boxed/sets /tmp/ && cp /guide.sh /tmp/sets && chown -R postgres /tmp/sets && exec su postgres -s /bin/sh -c 'sh /tmp/sets/guide.sh \"$0\"' -- \"$1\"";
        string said = await DockerEngine.RunAsync(["run", "--rm", "-v", $"{_folder["one"]}:/one:ro", "-v", $"{_folder["guide.sh"]}:/guide.sh:ro", "--entrypoint", "sh", DockerEngine.NextImage, "-c", asServer, "sh", look]);
        Assert.Equal(expected, said.Split('\n')[^1]);
    }

    private Task<BackupReport> BackUpAsync() => _session.BackupAsync(new BackupOptions { Kind = "base" }, default);
}
