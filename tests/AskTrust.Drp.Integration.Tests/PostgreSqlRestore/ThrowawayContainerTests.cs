using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PostgreSqlRestore;

[Collection(RestoreBed.Collection)]
public sealed class ThrowawayContainerTests
{
    [SkippableFact]
    public async Task A_database_restored_into_a_container_of_the_production_image_equals_the_original()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await DockerEngine.EnsureAsync();
        string source = await bed.MakeAsync("src", rows: 500);
        PostgreSqlFacts facts = await bed.FactsAsync(source);
        string digest = await DockerEngine.RunAsync(["image", "inspect", "--format", "{{.Id}}", DockerEngine.PostgreSqlImage]);
        string name;
        await using (ThrowawayContainer container = await StartAsync(bed, DockerEngine.PostgreSqlImage, digest))
        {
            name = container.Name;
            Assert.Empty(container.Warnings);
            Assert.Equal($"container {DockerEngine.PostgreSqlImage}@{digest}", container.Where);
            Assert.Equal("off", (await container.Server.QueryAsync("postgres", "SHOW fsync", default))[0][0]);
            var databases = new NewDatabase(container.Server, bed.Host, "postgres");
            IReadOnlyList<string> warnings = await databases.CreateAsync("copy", DatabaseProperties.From(facts), marked: false, default);
            Assert.Empty(warnings);
            RestoreOutcome done = await new DatabaseRestore(bed.Host, container.Server, throwaway: true).RunAsync(new(await bed.DumpAsync(source, "-Fc", "-Z0")) { Facts = facts }, "copy", new() { Jobs = 2, NoTablespaces = true }, default);
            Assert.Equal(2, done.Jobs);
            ProcessResult dump = await bed.Host.Processes.RunAsync(container.Server.Tool("pg_dump", "copy"), default);
            Assert.Equal(Body(await bed.TextAsync(source)), Body(RestoreBed.Normal(dump.Text)));
            Assert.Equal("500", (await ChildProcess.RunAsync("psql", ["-X", "-A", "-t", "-d", container.DatabaseUrl("copy"), "-c", "SELECT count(*) FROM app.customer"])).Trim());
            Assert.All(await new RestoreAssertions(bed.Host, container.Server, "copy").RowsAsync(facts.Rows!, default), r => Assert.Equal(CheckVerdict.Ok, r.Verdict));
        }

        // Its own only: tests beside this one have containers of the same owner.
        Assert.Equal("", await DockerEngine.RunAsync(["ps", "-aq", "--filter", $"name={name}"]));
    }

    [SkippableFact]
    public async Task A_database_of_a_real_container_is_replaced_by_its_own_tools_and_brought_back()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await DockerEngine.EnsureAsync();
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync();
        await using IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(new PostgreSqlPlan { Name = "db", Container = container.Name }, bed.Host, default);
        string source = await bed.MakeAsync("src", rows: 300);
        const string target = "odd \"é\nname";
        await container.SqlAsync($"CREATE DATABASE {Sql.Identifier(target)}");
        await container.SqlAsync("CREATE TABLE old (id int)", target);
        var replacement = new DatabaseReplacement(bed.Host, server);
        var done = await replacement.RunAsync(new(await bed.DumpAsync(source, "-Fc", "-Z0")) { Facts = await bed.FactsAsync(source) }, target, new() { Replace = true, KeepPrevious = true }, default);
        Assert.Equal("300", await container.SqlAsync("SELECT count(*) FROM app.customer", target));
        ProcessResult dump = await bed.Host.Processes.RunAsync(server.Tool("pg_dump", target), default);
        Assert.Equal(Body(await bed.TextAsync(source)), Body(RestoreBed.Normal(dump.Text)));
        await Assert.ThrowsAsync<DrpException>(() => replacement.RunAsync(new(RestoreBed.FromText("CREATE TABLE x (); SELECT 1/0;")), target, new() { Replace = true }, default));
        await replacement.UndoAsync(target, done.Previous!, keep: false, default);
        Assert.Equal("0", await container.SqlAsync("SELECT count(*) FROM old", target));
        Assert.Equal("3", await container.SqlAsync("SELECT count(*) FROM pg_database WHERE datname NOT LIKE 'odd%'"));
        Assert.Equal("1", await container.SqlAsync("SELECT count(*) FROM pg_database WHERE datname LIKE 'odd%'"));
    }

    [SkippableFact]
    public async Task A_container_whose_owner_was_killed_is_swept_with_its_volume_and_a_living_ones_stays()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await DockerEngine.EnsureAsync();
        await using ThrowawayContainer alive = await StartAsync(bed, DockerEngine.PostgreSqlImage, null);
        // Every program of this machine sweeps, those of other tests too: what one of them took is not in our list, but gone all the same.
        for (int attempt = 1; !await IsSweptHereAsync(bed); attempt++) Assert.True(attempt < 5, "five times it was removed without being named");
        Assert.NotEmpty(await alive.Server.QueryAsync("postgres", "SELECT 1", default));
    }

    [SkippableFact]
    public async Task An_image_that_is_not_here_says_how_to_get_it_and_another_one_of_the_name_is_a_warning()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await DockerEngine.EnsureAsync();
        var e = await Assert.ThrowsAsync<DrpException>(() => StartAsync(bed, "no-such-image:9", "sha256:" + new string('0', 64)));
        Assert.Equal(DrpError.Unreachable, e.Code);
        Assert.Contains("pull no-such-image@sha256:000", e.Hint, StringComparison.Ordinal);
        var chosen = await ThrowawayImage.ChooseAsync(bed.Host, "docker", DockerEngine.PostgreSqlImage, "sha256:" + new string('0', 64), default);
        Assert.Single(chosen.Warnings);
    }

    /// <summary>Sweeps one whose owner was killed.</summary>
    /// <returns>True when this sweep names it; false when another did before it.</returns>
    private static async Task<bool> IsSweptHereAsync(RestoreBed bed)
    {
        string mark;
        await using (ChildProcess sleeper = ChildProcess.Start("sleep", ["600"])) mark = Marks.Of(sleeper.Id).ToString();
        // With a volume of no name of its own, as the published images of PostgreSQL have one.
        string lost = await DockerEngine.RunAsync(["run", "-d", "--label", $"{ThrowawayContainer.Label}=1", "--label", $"{ThrowawayContainer.OwnerLabel}={mark}", "-v", "/var/lib/postgresql/data", "-e", "POSTGRES_PASSWORD=x", DockerEngine.PostgreSqlImage]);
        string volume = "";
        await using (ChildProcess inspect = ChildProcess.Start("docker", ["inspect", "--format", "{{range .Mounts}}{{.Name}}{{end}}", lost]))
            if (await inspect.WaitAsync() == 0) volume = inspect.Output.Trim();

        IReadOnlyList<string> swept = await ThrowawaySweeper.SweepAsync(bed.Host, containers: true, default);
        for (var until = DateTime.UtcNow.AddSeconds(30); await DockerEngine.RunAsync(["ps", "-aq", "--no-trunc", "--filter", $"id={lost}"]) != ""; await Task.Delay(100)) Assert.True(DateTime.UtcNow < until, $"{lost} stays");
        if (volume.Length > 0) Assert.Equal("", await DockerEngine.RunAsync(["volume", "ls", "-q", "--filter", $"name={volume}"]));
        return volume.Length > 0 && swept.Contains(lost[..12]);
    }

    private static async Task<ThrowawayContainer> StartAsync(RestoreBed bed, string image, string? digest) =>
        await ThrowawayContainer.StartAsync(bed.Host, await ThrowawayImage.ChooseAsync(bed.Host, "docker", image, digest, default), default);

    /// <summary>Without the header: server and pg_dump here and in the image may differ in their last digit.</summary>
    private static string Body(string dump) => string.Join('\n', dump.Split('\n').Where(l => !l.StartsWith("-- Dumped", StringComparison.Ordinal)));
}
