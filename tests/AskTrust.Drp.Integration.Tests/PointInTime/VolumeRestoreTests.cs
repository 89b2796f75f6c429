using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>A return to a moment in the volume of a container, which is stopped, filled through a side container, and started.</summary>
public sealed class VolumeRestoreTests
{
    private const string Data = "/var/lib/postgresql/data";

    [SkippableFact]
    public async Task A_container_returns_to_a_moment_and_undo_brings_back_what_was_there()
    {
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync(keep: true);
        using var folder = new TestFolder("volume");
        await using var session = await OpenAsync(folder, $"container: {container.Name}, pointInTime: {{ spool: {folder["spool"]}, shipEvery: 1s }}");
        await container.SqlAsync("CREATE TABLE step AS SELECT i FROM generate_series(1, 3000) i");
        await session.BackupAsync(new BackupOptions { Kind = "base" }, default);
        await container.SqlAsync("INSERT INTO step SELECT i FROM generate_series(1, 100000) i");
        string time = await container.SqlAsync("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')");
        await container.SqlAsync("SELECT pg_switch_wal(); DROP TABLE step; CREATE TABLE after_the_accident ()");
        await session.WalReceiveAsync(new WalReceiveOptions { CatchUp = true }, default);

        var options = new RestoreOptions { To = Target(time), Container = container.Name };
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => session.RestoreAsync(options, default))).Code);
        var planned = await session.RestoreAsync(options with { Force = true, DryRun = true }, default);
        Assert.Contains(planned.Steps, s => s.Contains("stop container", StringComparison.Ordinal));
        Assert.Equal("0", await container.SqlAsync("SELECT count(*) FROM after_the_accident"));

        // A name that the WAL does not hold: known only at its end, when the old cluster is aside.
        var unreached = await Assert.ThrowsAsync<DrpException>(() => session.RestoreAsync(options with { To = Target("name:never"), Force = true }, default));
        Assert.Contains("ends before", unreached.Message, StringComparison.Ordinal);
        Assert.Equal("0", await container.SqlAsync("SELECT count(*) FROM after_the_accident"));

        var report = await session.RestoreAsync(options with { Force = true }, default);
        Assert.Equal(RunStatus.Succeeded, report.Status);
        Assert.StartsWith("stopping before commit", report.Recovery!.Reached, StringComparison.Ordinal);
        Assert.True(report.Recovery.Segments > 0);
        Assert.Equal("103000|f|", await container.SqlAsync("SELECT count(*), pg_is_in_recovery(), to_regclass('after_the_accident') FROM step"));
        Assert.Equal("postgres 700", await DockerEngine.RunAsync(["exec", container.Name, "stat", "-c", "%U %a", $"{Data}/base"]));
        // What is aside is no part of the server: neither of its backups nor of its checks.
        string names = await DockerEngine.RunAsync(["exec", "-u", "postgres", container.Name, "sh", "-c", "pg_basebackup -D - -F t -X none | tar -t"]);
        Assert.Contains("global/pg_control", names, StringComparison.Ordinal);
        Assert.DoesNotContain("drp-before", names, StringComparison.Ordinal);

        var undone = await session.UndoAsync(new UndoOptions(), default);
        Assert.Equal("0|", await container.SqlAsync("SELECT count(*), to_regclass('step') FROM after_the_accident"));
        await session.UndoAsync(new UndoOptions { RestoreId = undone.RestoreId }, default);
        Assert.Equal("103000", await container.SqlAsync("SELECT count(*) FROM step"));
        await container.SqlAsync("DROP TABLE step");
        var final = await session.RestoreAsync(options with { To = Target("immediate"), Force = true, NoSafetyReason = "no room" }, default);
        Assert.Equal((null, "no room"), (final.Previous, final.SafetyOverride));
        Assert.Equal("3000", await container.SqlAsync("SELECT count(*) FROM step"));
        Assert.Equal("", await DockerEngine.RunAsync(["ps", "-a", "-q", "--filter", $"name=drp-side-{(await DockerEngine.RunAsync(["inspect", "--format", "{{.Id}}", container.Name]))[..12]}"]));
    }

    [SkippableFact]
    public async Task A_compose_service_is_found_by_its_labels_and_one_cut_off_is_put_back()
    {
        await using ComposeProject project = await ComposeProject.UpAsync();
        await project.WaitHealthyAsync("db");
        using var folder = new TestFolder("service");
        await using var session = await OpenAsync(folder, $"compose: {{ service: db, project: {project.Name} }}");
        await SqlAsync("CREATE TABLE step AS SELECT i FROM generate_series(1, 3000) i");
        await session.BackupAsync(new BackupOptions { Kind = "base" }, default);
        await SqlAsync("DROP TABLE step; CREATE TABLE after_the_accident ()");
        string id = await DockerEngine.RunAsync(["ps", "-q", "--no-trunc", "--filter", $"label=com.docker.compose.project={project.Name}"]);
        var options = new RestoreOptions { To = RecoveryTarget.Immediate, Service = "db", Project = project.Name, Force = true };

        await CutOffAsync(folder, options);
        Assert.Equal("0", await SqlAsync("SELECT count(*) FROM after_the_accident"));

        // As a run leaves it that was killed after it had put the old cluster aside and begun to unpack: the container is stopped.
        var host = Wiring.Host(new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() });
        TargetContainer target = await TargetContainer.FindAsync(host, id, null, null, default);
        await DockerEngine.RunAsync(["stop", id]);
        await using (SideContainer side = await SideContainer.StartAsync(host, target, default))
        {
            var second = await Assert.ThrowsAsync<DrpException>(() => session.RestoreAsync(options, default));
            Assert.Equal(DrpError.Locked, second.Code);
            await new VolumeShelf(side, Data).OutAsync("killed", default);
            await side.ShellAsync("mkdir \"$1/base\"; echo x > \"$1/PG_VERSION\"", default, Data);
        }

        var report = await session.RestoreAsync(options, default);
        Assert.Equal(RunStatus.Succeeded, report.Status);
        await project.WaitHealthyAsync("db");
        Assert.Equal("3000", await SqlAsync("SELECT count(*) FROM step"));
        await session.UndoAsync(new UndoOptions(), default);
        Assert.Equal("0", await SqlAsync("SELECT count(*) FROM after_the_accident"));

        Task<string> SqlAsync(string sql) => project.ExecAsync("db", "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "shop", "-d", "shop", "-c", sql);
    }

    [SkippableFact]
    public async Task Places_that_are_no_volume_of_its_own_are_refused()
    {
        await using PostgreSqlContainer memory = await PostgreSqlContainer.StartAsync();
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync(keep: true);
        using var folder = new TestFolder("refused");
        await using var session = await OpenAsync(folder, $"container: {container.Name}");
        await session.BackupAsync(new BackupOptions { Kind = "base" }, default);
        Assert.Contains("in no volume", (await RefusedAsync(memory.Name)).Message, StringComparison.Ordinal);
        Assert.Equal(DrpError.Unreachable, (await RefusedAsync("not-there-at-all")).Code);
        string other = $"drp-test-other-{Guid.NewGuid():N}"[..24];
        await DockerEngine.RunAsync(["run", "-d", "--name", other, "--label", $"{DockerEngine.Label}={Environment.ProcessId}", "--volumes-from", container.Name, "--entrypoint", "sleep", DockerEngine.PostgreSqlImage, "300"]);
        try
        {
            Assert.Contains(other, (await RefusedAsync(container.Name)).Message, StringComparison.Ordinal);
        }
        finally
        {
            await DockerEngine.RunAsync(["rm", "-f", other]);
        }

        Assert.Equal("1", await container.SqlAsync("SELECT 1"));

        Task<DrpException> RefusedAsync(string name) => Assert.ThrowsAsync<DrpException>(() => session.RestoreAsync(new RestoreOptions { To = RecoveryTarget.Immediate, Container = name, Force = true }, default));
    }

    private static async Task CutOffAsync(TestFolder folder, RestoreOptions options)
    {
        using var stop = new CancellationTokenSource();
        await using var session = await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Stopper(stop, 10 << 20) }, stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session.RestoreAsync(options, stop.Token));
    }

    private static RecoveryTarget Target(string text) => RecoveryTarget.TryParse(text, out var target) ? target! : throw new ArgumentException(text, nameof(text));

    private static async Task<DrpSession> OpenAsync(TestFolder folder, string component)
    {
        folder.Write("drp.yaml", $$"""
            version: 1
            name: boxed
            components:
              db: { type: postgresql, {{component}} }
            repositories:
              one: { type: directory, path: {{folder["one"]}} }
            encryption: none
            """);
        return await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);
    }
}
