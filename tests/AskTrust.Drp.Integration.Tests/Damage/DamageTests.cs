using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.Integration.Tests.PointInTime;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Damage;

/// <summary>The assessment of damage: each finding on a server that really is in that state, and the command it recommends really helps.</summary>
public sealed class DamageTests
{
    [SkippableFact]
    public async Task Lost_tables_a_lost_database_a_dead_server_and_lost_repositories_are_told_with_the_command_that_helps()
    {
        await using var scene = await Scene.SetAsync();
        foreach (string repository in (string[])["one", "two"]) Directory.CreateDirectory(scene.Repository(repository));
        Assert.Contains((await AssessAsync(scene)).Findings, f => f.Kind == DamageKind.NoBackup);
        string set = (await scene.BackUpAsync()).Id;
        Assert.Equal(CheckVerdict.Ok, (await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { Id = set }, default))).Verdict);

        DamageReport well = await AssessAsync(scene);
        Assert.Empty(Damage(well));
        Assert.DoesNotContain(well.Options, o => o.Component is not null);
        ComponentDamage db = Assert.Single(well.Components);
        Assert.Equal((CheckVerdict.Ok, TimeSpan.FromHours(1), TimeSpan.FromHours(6)), (db.Verdict, db.ObjectiveRto, db.ObjectiveRpo));
        Assert.InRange(db.Loss!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(5));

        // One table is gone: the set is restored beside, nothing newer is lost.
        await scene.Cluster.SqlAsync("DROP TABLE purchase; INSERT INTO customer (name) SELECT 'new' FROM generate_series(1, 30)", "shop");
        await scene.Cluster.SqlAsync("ANALYZE", "shop");
        DamageReport one = await AssessAsync(scene);
        DamageFinding gone = Assert.Single(Damage(one));
        Assert.Equal((DamageKind.TableMissing, "public.purchase", 9000L), (gone.Kind, gone.Subject, gone.Gone!.Value));
        Assert.True(gone is { LastGood: not null, Since: null }, gone.ToString());
        Assert.Equal([RecoveryMethod.RestoreBeside, RecoveryMethod.RestoreSet], one.Options.Select(o => o.Method));
        Assert.All(one.Options, o => Assert.True(o is { Measurements: 1, MeetsRto: true, MeetsRpo: true } && o.Predicted > TimeSpan.Zero, o.ToString()));
        Assert.InRange(one.Options[1].LostRows!.Value, 30, 31);
        await TypeAsync(scene, one.Options[0]);
        Assert.Equal("9000", await scene.Cluster.SqlAsync("SELECT count(*) FROM purchase", "shop_recovered"));

        // Nothing is left: the set replaces it.
        await scene.Cluster.SqlAsync("DELETE FROM customer", "shop");
        DamageReport all = await AssessAsync(scene);
        Assert.Contains(all.Findings, f => f is { Kind: DamageKind.TableEmpty, Subject: "public.customer", Gone: 2000 });
        Assert.Equal(RecoveryMethod.RestoreSet, all.Options[0].Method);
        await TypeAsync(scene, all.Options[0]);
        Assert.Empty(Damage(await AssessAsync(scene)));

        await scene.Cluster.SqlAsync("DROP DATABASE shop");
        DamageReport database = await AssessAsync(scene);
        Assert.Equal((DamageKind.DatabaseMissing, 11000L), (Damage(database)[0].Kind, Damage(database)[0].Gone / 1000 * 1000));
        // Now a restore has been measured, and counts instead of the test.
        Assert.True(database.Options[0] is { Recommended: true, Method: RecoveryMethod.RestoreSet, Measurements: >= 1 }, database.Options[0].ToString());
        await TypeAsync(scene, database.Options[0]);
        Assert.Equal("9000", await scene.Cluster.SqlAsync("SELECT count(*) FROM purchase", "shop"));

        await scene.Cluster.KillAsync();
        Directory.Move(scene.Repository("two"), scene.Repository("away"));
        DamageReport dead = await AssessAsync(scene);
        Assert.Equal(DamageKind.ServerDown, Assert.Single(Damage(dead)).Kind);
        Assert.Contains(dead.Findings, f => f is { Kind: DamageKind.RepositoryUnreachable, Subject: "two", Verdict: CheckVerdict.Warning });
        Assert.Null(Assert.Single(dead.Options, o => o.Component == "db").LostRows);

        Directory.Move(scene.Repository("one"), scene.Repository("gone"));
        DamageReport blind = await AssessAsync(scene);
        Assert.Equal(2, blind.Findings.Count(f => f is { Kind: DamageKind.RepositoryUnreachable, Verdict: CheckVerdict.Failed }));
        // Nobody knows whether there is a backup, so nobody says that there is none.
        Assert.DoesNotContain(blind.Findings, f => f.Kind == DamageKind.NoBackup);
        Assert.Null(blind.Components[0].RecoverableTo);
        var (code, output) = await DrpProgram.RunAsync(scene, "damage");
        Assert.True(code == (int)DrpError.Failed && output.Contains("DAMAGE", StringComparison.Ordinal), output);
    }

    [SkippableFact]
    public async Task With_archived_WAL_the_moment_is_known_and_only_the_table_comes_back()
    {
        await using var scene = await Scene.SetAsync(text => text.Replace("canary: true", "canary: true\n    pointInTime: {}", StringComparison.Ordinal));
        await scene.BackUpAsync(new BackupOptions { Kind = "base" });
        await scene.BackUpAsync();
        await scene.Cluster.SqlAsync("INSERT INTO purchase SELECT i, 1, 1 FROM generate_series(9001, 9100) i", "shop");
        DateTimeOffset before = DateTimeOffset.UtcNow;
        await scene.Cluster.SqlAsync("TRUNCATE purchase", "shop");
        await scene.Cluster.SqlAsync("INSERT INTO customer (name) VALUES ('later')", "shop");
        await ArchiveAsync(scene);

        DamageReport report = await AssessAsync(scene);
        DamageFinding gone = Assert.Single(Damage(report));
        Assert.True(gone is { Kind: DamageKind.TableEmpty } && gone.Since >= before.AddSeconds(-1), gone + string.Join(" ", report.Unknown));
        Assert.Equal([RecoveryMethod.UndoTable, RecoveryMethod.RestoreBeside, RecoveryMethod.PointInTime, RecoveryMethod.RestoreSet], report.Options.Select(o => o.Method));
        Assert.True(report.Options[0] is { Recommended: true, Loss.Ticks: 0, Predicted: null }, report.Options[0].ToString());
        await TypeAsync(scene, report.Options[0]);
        Assert.Equal("9100|2001", await scene.Cluster.SqlAsync("SELECT (SELECT count(*) FROM purchase), (SELECT count(*) FROM customer)", "shop"));
        Assert.Empty(Damage(await AssessAsync(scene)));

        // The server is lost: the archive goes further than the set, and the undo is measured by now.
        await scene.Cluster.SqlAsync("DROP TABLE purchase", "shop");
        await ArchiveAsync(scene);
        DamageReport quick = await AssessAsync(scene, o => o with { NoSearch = true });
        Assert.StartsWith("drp pitr find public.purchase", quick.Options[0].Command, StringComparison.Ordinal);
        Assert.NotNull(quick.Options[0].Predicted);
        await scene.Cluster.KillAsync();
        DamageReport dead = await AssessAsync(scene);
        RecoveryOption latest = dead.Options[0];
        Assert.Equal((RecoveryMethod.PointInTime, true), (latest.Method, latest.To > before));
        await TypeAsync(scene, latest);
        await using var restored = await RestoredServer.StartAsync(scene.Folder["recovered-db"]);
        Assert.Equal("2001", await restored.SqlAsync("SELECT count(*) FROM customer", "shop"));
    }

    [SkippableFact]
    public async Task Lost_files_and_a_full_disk_are_told()
    {
        await using var scene = await Scene.SetAsync((scene, text) => text.Replace("repositories:", $"  uploads: {{ type: files, path: {scene.Folder["uploads"]} }}\nrepositories:", StringComparison.Ordinal));
        await using var disk = await Tmpfs.MountAsync(scene.Repository("two"), 64);
        Directory.CreateDirectory(scene.Folder["uploads"]);
        for (int i = 0; i < 9; i++) scene.Folder.Write($"uploads/{i}", "x");
        await scene.BackUpAsync();
        await File.WriteAllBytesAsync(Path.Combine(disk.Path, "ballast"), new byte[56 << 20]);

        for (int i = 0; i < 6; i++) File.Delete(scene.Folder["uploads", $"{i}"]);
        DamageReport few = await AssessAsync(scene);
        Assert.Contains(few.Findings, f => f is { Component: "uploads", Kind: DamageKind.FilesMissing, Gone: 6 });
        Assert.Contains(few.Findings, f => f is { Kind: DamageKind.DiskFull, Verdict: CheckVerdict.Failed } && f.Subject == disk.Path);
        Assert.Contains(few.Options, o => o.Method == RecoveryMethod.MakeRoom && o.Command.StartsWith("drp prune", StringComparison.Ordinal));
        Directory.Delete(scene.Folder["uploads"], recursive: true);
        DamageReport none = await AssessAsync(scene, o => o with { Components = ["uploads"] });
        Assert.Contains(none.Findings, f => f is { Kind: DamageKind.FolderMissing, Gone: 9 });
        await TypeAsync(scene, none.Options.First(o => o.Component == "uploads"));
        Assert.Equal(9, Directory.EnumerateFiles(scene.Folder["uploads"]).Count());
    }

    [SkippableFact]
    public async Task A_stopped_container_is_started_before_anything_is_restored()
    {
        await using var container = await PostgreSqlContainer.StartAsync();
        await using var scene = await Scene.SetAsync((scene, text) => text.Replace($"url: {scene.Cluster.Url("shop")}", $"container: {container.Name}", StringComparison.Ordinal).Replace("password: ${env:DRP_TEST_PASSWORD}", "database: postgres", StringComparison.Ordinal));
        await scene.BackUpAsync();
        DateTimeOffset before = DateTimeOffset.UtcNow;
        await DockerEngine.RunAsync(["stop", container.Name]);
        DamageReport report = await AssessAsync(scene);
        DamageFinding stopped = Assert.Single(Damage(report));
        Assert.True(stopped is { Kind: DamageKind.ContainerStopped } && stopped.Since >= before.AddSeconds(-2), stopped.ToString());
        Assert.Equal($"docker start {container.Name}", report.Options[0].Command);
        Assert.Equal((true, TimeSpan.Zero), (report.Options[0].Recommended, report.Options[0].Loss!.Value));
        await DockerEngine.RunAsync(["rm", "-f", container.Name]);
        Assert.Equal(DamageKind.ContainerMissing, Assert.Single(Damage(await AssessAsync(scene))).Kind);
    }

    private static Task<DamageReport> AssessAsync(Scene scene, Func<DamageOptions, DamageOptions>? change = null) =>
        scene.WithAsync(s => s.AssessDamageAsync(change?.Invoke(new DamageOptions()) ?? new DamageOptions(), default));

    /// <summary>Without what the machine of the test may have of its own: a disk that is nearly full.</summary>
    private static IReadOnlyList<DamageFinding> Damage(DamageReport report) => [.. report.Findings.Where(f => f.Verdict == CheckVerdict.Failed)];

    /// <summary>Ends the open segment and archives every whole one, as the server's <c>archive_command</c> would.</summary>
    private static async Task ArchiveAsync(Scene scene)
    {
        string last = await scene.Cluster.SqlAsync("SELECT pg_walfile_name(pg_switch_wal())");
        string[] segments = [.. Directory.EnumerateFiles(Path.Combine(scene.Cluster.Data, "pg_wal")).Where(f => Path.GetFileName(f) is { Length: 24 } name && string.CompareOrdinal(name, last) <= 0).Order(StringComparer.Ordinal)];
        foreach (string path in segments) await scene.WithAsync(s => s.WalPushAsync(new WalPushOptions { Path = path }, default));
    }

    /// <summary>Types the command as it stands.</summary>
    private static async Task TypeAsync(Scene scene, RecoveryOption option)
    {
        Assert.True(option.Recommended, option.ToString());
        string[] words = option.Command.Split(' ');
        Assert.Equal(["drp", "--plan", scene.PlanFile], [words[0], words[^2], words[^1]]);
        var (code, output) = await DrpProgram.RunAsync(scene, [.. words[1..^2], "--yes"]);
        Assert.True(code == 0, $"{option.Command}: {output}");
    }
}
