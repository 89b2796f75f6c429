using System.Diagnostics;
using AskTrust.Drp.TestBed;
using Xunit.Abstractions;

namespace AskTrust.Drp.Integration.Tests.Examples;

/// <summary>Ask&amp;Trust: the three scenarios of its plan, then the loss of the whole server.</summary>
public sealed class AskAndTrustTests(ITestOutputHelper output)
{
    [SkippableFact, Trait("Category", "Soak")]
    public async Task The_three_scenarios_and_the_loss_of_everything_are_recovered_within_their_objectives()
    {
        await using var scene = await ExampleScene.SetAsync("askandtrust", output, "compose.prod.yml");
        string caddyfile = scene.Outside("Caddyfile");
        scene.Variables(".env", "askandtrust-prod");
        scene.Change(".env", ("APP_PORT=8000", $"APP_PORT={scene.Port}"));
        scene.Change("drp.yaml",
            ("askandtrust-prod_logs", $"{scene.Project}_logs"), ("/etc/caddy/Caddyfile", caddyfile), ("127.0.0.1:8000", $"127.0.0.1:{scene.Port}"),
            ("path: /home/backup", $"path: {scene.Outside("local")}"), ("type: sftp, host: backup.askandtrust.dev, user: drp, path: /srv/drp", $"type: directory, path: {scene.Outside("externe")}"));
        File.Copy(scene["caddy", "Caddyfile"], caddyfile);
        await scene.UpAsync("db", "backend", "frontend", "nginx");
        await SqlAsync(File.ReadAllText(scene["demo.sql"]));
        await scene.RunAsync("Invoke-DrpJob weekly");

        // 1. The application is down.
        await DockerEngine.RunAsync(["kill", await scene.ContainerAsync("backend")]);
        Assert.StartsWith("502", await scene.GetAsync("/api/graphql/"), StringComparison.Ordinal);
        var clock = Stopwatch.StartNew();
        await scene.RunbookAsync("scenario-1-application.ps1 -Confirm:$false");
        await WorksAsync();
        Tell("scenario 1", TimeSpan.FromMinutes(30));

        // 2. The database is corrupt: rows are gone, others say something else.
        await SqlAsync("DROP TABLE answers; UPDATE users SET email = md5(email); DELETE FROM surveys WHERE id > 10");
        await scene.RunbookAsync("scenario-2-base.ps1 -Confirm:$false");
        Assert.Equal("1000|200|5000", await CountsAsync());
        await WorksAsync();
        Tell("scenario 2", TimeSpan.FromHours(2));

        // 3. The proxy's configuration is not worth anything any more.
        string good = File.ReadAllText(caddyfile);
        File.WriteAllText(caddyfile, "092024-rouge-4.wns.wilders.dev { reverse_proxy");
        await scene.RunbookAsync("scenario-3-reseau.ps1 -Caddyfile -Confirm:$false");
        Assert.Equal(good, File.ReadAllText(caddyfile));
        Tell("scenario 3", TimeSpan.FromHours(1));

        // Containers, volumes, configuration, our own memory: all gone. What is left: a repository, the plan, the private key.
        await SqlAsync("INSERT INTO users SELECT n, 'user' || n || '@example.org' FROM generate_series(1001, 1010) n");
        await scene.RunAsync("Invoke-DrpJob weekly");
        string started = await DockerEngine.RunAsync(["exec", await scene.ContainerAsync("backend"), "head", "-n", "1", "/logs/started.log"]);
        scene.Pack();
        await scene.LoseEverythingAsync();
        File.Delete(caddyfile);
        Directory.Delete(scene.Outside("local"), recursive: true);
        Directory.CreateDirectory(scene.Outside("local"));
        scene.Unpack();
        clock.Restart();
        await scene.RunAsync("Restore-DrpSystem -Repository externe -Force -Confirm:$false");
        Assert.Equal("1010|200|5000", await CountsAsync());
        await WorksAsync();
        Tell("loss of everything, one command", TimeSpan.FromHours(4));
        Assert.Equal(good, File.ReadAllText(caddyfile));
        Assert.Equal(started, await DockerEngine.RunAsync(["exec", await scene.ContainerAsync("backend"), "head", "-n", "1", "/logs/started.log"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene[".env"]));

        async Task WorksAsync()
        {
            Assert.Contains("Ask&amp;Trust", await scene.GetAsync("/"), StringComparison.Ordinal);
            Assert.StartsWith("200 ", await scene.GetAsync("/api/graphql/"), StringComparison.Ordinal);
        }

        void Tell(string what, TimeSpan objective)
        {
            output.WriteLine($"{what}: {clock.Elapsed.TotalSeconds:0.0} s");
            Assert.True(clock.Elapsed < objective);
            clock.Restart();
        }

        Task<string> SqlAsync(string sql) => scene.SqlAsync(sql, user: "ask_and_trust", database: "ask_and_trust");
        Task<string> CountsAsync() => SqlAsync("SELECT count(*), (SELECT count(*) FROM surveys), (SELECT count(*) FROM answers) FROM users");
    }
}
