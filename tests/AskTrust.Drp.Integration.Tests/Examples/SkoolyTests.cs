using System.Diagnostics;
using AskTrust.Drp.TestBed;
using Xunit.Abstractions;

namespace AskTrust.Drp.Integration.Tests.Examples;

/// <summary>Skooly: one of three crashes, the administrator who empties a table, the data centre that burns.</summary>
public sealed class SkoolyTests(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task A_burnt_data_centre_costs_seconds_of_data_and_the_erased_table_comes_back_alone()
    {
        await using var scene = await ExampleScene.SetAsync("skooly", output);
        CephRgw s3 = await CephRgw.SharedAsync();
        string paris = await s3.BucketAsync(), douala = await s3.BucketAsync();
        Prepare();
        await scene.UpAsync("db", "api1", "api2", "api3");
        await SqlAsync(File.ReadAllText(scene["demo.sql"]));
        await scene.RunAsync("Invoke-DrpBackup -Job base; Invoke-DrpBackup -Job nightly");
        await using (scene.Receive())
        {
            // One of three crashes: the two others carry it.
            await DockerEngine.RunAsync(["kill", await scene.ContainerAsync("api2")]);
            for (int i = 0; i < 6; i++) Assert.Equal("200 {\"status\":\"ok\"}", await scene.GetAsync("/health.json"));

            // The administrator.
            await SqlAsync("INSERT INTO users SELECT n, 1, 'eleve' || n FROM generate_series(2001, 2010) n");
            await SqlAsync("DELETE FROM users");
            await SqlAsync("INSERT INTO users SELECT n, 1, 'eleve' || n FROM generate_series(3001, 3005) n");
            await ArchivedAsync();
            await scene.RunbookAsync("table-effacee.ps1 -Table users -Confirm:$false");
            Assert.Equal("2015", await SqlAsync("SELECT count(*) FROM users"));

            // The data centre, Paris with it. What was written seconds before is in Douala.
            await SqlAsync("INSERT INTO grades SELECT n, 1, 20 FROM generate_series(8001, 8100) n");
            await ArchivedAsync();
        }

        await scene.LoseEverythingAsync();
        scene.CheckOut();
        Prepare();
        scene.Change("drp.yaml", ($"bucket: {paris}", "bucket: burnt-down"));
        var clock = Stopwatch.StartNew();
        await scene.UpAsync("db", "api1", "api2", "api3");
        await scene.RunbookAsync("bouton-rouge.ps1 -Repository douala -Confirm:$false");
        Assert.Equal("8100|2015", await SqlAsync("SELECT count(*), (SELECT count(*) FROM users) FROM grades"));
        Assert.Equal("200 {\"status\":\"ok\"}", await scene.GetAsync("/health.json"));
        Assert.True(clock.Elapsed < TimeSpan.FromHours(1));
        output.WriteLine($"from an empty machine to the smoke test: {clock.Elapsed}");

        void Prepare()
        {
            scene.Variables(".env", "skooly");
            scene.Change(".env", ("WEB_PORT=8084", $"WEB_PORT={scene.Port}"));
            scene.Change("drp.yaml",
                ("skooly-paris", paris), ("skooly-douala", douala), ("https://s3.eu-west-3.amazonaws.com", s3.Endpoint), ("https://s3.douala.example.cm", s3.Endpoint),
                ("127.0.0.1:8084", $"127.0.0.1:{scene.Port}"), ("window: 30d", "window: 30d, shipEvery: 1s"));
            foreach (string place in (string[])["PARIS", "DOUALA"])
            {
                scene.Set($"{place}_ACCESS_KEY", CephRgw.AccessKey);
                scene.Set($"{place}_SECRET_KEY", CephRgw.SecretKey);
            }
        }

        Task<string> SqlAsync(string sql) => scene.SqlAsync(sql, user: "skooly", database: "skooly");

        // What was committed by now is in both places.
        async Task ArchivedAsync() => await scene.ArchivedAsync(await SqlAsync("SELECT pg_current_wal_lsn()"));
    }
}
