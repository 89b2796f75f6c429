using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Damage;

/// <summary>A server in a container is looked at and mended with the programs of its own image: this machine need not have them.</summary>
public sealed class RepairContainerTests
{
    [SkippableTheory]
    [InlineData(DockerEngine.PostgreSqlImage)]
    [InlineData(DockerEngine.NextImage)]
    public async Task A_broken_index_in_a_container_is_found_and_rebuilt(string image)
    {
        if (image == DockerEngine.NextImage) await DockerEngine.EnsureNextAsync(build: false);
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync(keep: true, image: image);
        using var folder = new TestFolder("repair");
        folder.Write("drp.yaml", $$"""
            version: 1
            name: shop
            components: { db: { type: postgresql, container: {{container.Name}} } }
            repositories: { one: { type: directory, path: {{folder["one"]}} } }
            encryption: none
            """);
        await container.SqlAsync("CREATE TABLE customer (id int PRIMARY KEY, name text); INSERT INTO customer SELECT i, md5(i::text) FROM generate_series(1, 3000) i; CREATE INDEX by_name ON customer (name); CHECKPOINT");
        string file = await container.SqlAsync("SELECT current_setting('data_directory') || '/' || pg_relation_filepath('by_name')");
        await DockerEngine.RunAsync(["exec", container.Name, "sh", "-c", $"head -c 300 /dev/zero | tr '\\0' Z | dd of={file} bs=1 seek=8212 conv=notrunc"]);
        await container.RestartAsync();

        await using var session = await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"] }, default);
        RepairReport repaired = await session.RepairAsync(new RepairOptions(), default);
        Assert.True(repaired.Status == RunStatus.Succeeded && repaired.Before.Checked, repaired.Before.NotChecked ?? string.Join('\n', repaired.Warnings));
        Assert.Equal("public.by_name", Assert.Single(repaired.Before.Corruptions.Select(c => c.Relation).Distinct(StringComparer.Ordinal)));
        Assert.Equal(["REINDEX INDEX CONCURRENTLY public.by_name", "ANALYZE"], repaired.Actions.Select(a => a.Sql));
        Assert.Empty(repaired.After!.Corruptions);
        Assert.Equal("3000", await container.SqlAsync("SET enable_seqscan = off; SELECT count(*) FROM customer WHERE name >= ''"));
    }
}
