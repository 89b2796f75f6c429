using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Damage;

/// <summary>Real corruption: bytes of index and heap files are changed while the server is down.</summary>
public sealed class RepairTests
{
    [SkippableFact]
    public async Task Broken_indexes_are_rebuilt_and_damaged_tables_are_told_and_never_touched()
    {
        await using var scene = await Scene.SetAsync();
        await scene.Cluster.SqlAsync("""
            CREATE INDEX by_name ON customer (name); CREATE INDEX by_total ON purchase (total); CREATE INDEX by_icu ON customer (name COLLATE "en-x-icu");
            UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_total'::regclass; UPDATE pg_collation SET collversion = '1' WHERE collname = 'en-x-icu';
            """, "shop");
        await BreakAsync(scene, "by_name");

        // Only looking writes nothing, not even the extension that the check needs.
        RepairReport looked = await RepairAsync(scene, new RepairOptions { DryRun = true });
        Assert.Equal((RunStatus.Planned, false, "0"), (looked.Status, looked.Before.Checked, await scene.Cluster.SqlAsync("SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'", "shop")));
        Assert.Equal(["REINDEX INDEX CONCURRENTLY public.by_total", "ANALYZE"], looked.Actions.Select(a => a.Sql));

        RepairReport repaired = await RepairAsync(scene, new RepairOptions());
        Assert.Equal("public.by_name", Assert.Single(repaired.Before.Corruptions.Where(c => c.Kind == CorruptionKind.Index).Select(c => c.Relation).Distinct(StringComparer.Ordinal)));
        Assert.Equal(["REINDEX INDEX CONCURRENTLY public.by_name", "REINDEX INDEX CONCURRENTLY public.by_total", "ANALYZE"], repaired.Actions.Select(a => a.Sql));
        Assert.All(repaired.Actions, a => Assert.Equal(RunStatus.Succeeded, a.Status));
        Assert.Empty(repaired.After!.Corruptions);
        Assert.Empty(repaired.After.InvalidIndexes);
        Assert.Equal(0, repaired.After.WithoutStatistics);
        Assert.Equal("t", await scene.Cluster.SqlAsync("SET enable_seqscan = off; SELECT count(*) = 2000 FROM customer WHERE name >= ''", "shop"));
        // The rules of a collation have changed: that needs every index of it, which is asked for.
        Assert.Equal((RunStatus.Incomplete, "1"), (repaired.Status, Assert.Single(repaired.After.Collations).Recorded));
        Assert.Contains("repair --component db --all", repaired.Next, StringComparison.Ordinal);
        RepairReport all = await RepairAsync(scene, new RepairOptions { All = true });
        Assert.Equal(RunStatus.Succeeded, all.Status);
        Assert.Contains(all.Actions, a => a.Sql.EndsWith("REFRESH VERSION", StringComparison.Ordinal));

        // A rebuild that cannot succeed is told, and leaves nothing behind.
        await scene.Cluster.SqlAsync("CREATE UNIQUE INDEX CONCURRENTLY twice ON purchase (customer)", "shop").ContinueWith(t => Assert.NotNull(t.Exception), TaskScheduler.Default);
        RepairReport failed = await RepairAsync(scene, new RepairOptions());
        Assert.Equal((RunStatus.Incomplete, RunStatus.Failed), (failed.Status, failed.Actions[0].Status));
        Assert.Equal("0", await scene.Cluster.SqlAsync("SELECT count(*) FROM pg_class WHERE relname LIKE '%ccnew%'", "shop"));
        await scene.Cluster.SqlAsync("DROP INDEX twice", "shop");

        // A table is damaged: without a backup nothing is touched, with one only what hangs on other tables.
        string heap = await BreakAsync(scene, "purchase");
        byte[] before = await File.ReadAllBytesAsync(heap);
        RepairReport refused = await RepairAsync(scene, new RepairOptions { All = true });
        Assert.Equal(RunStatus.Failed, refused.Status);
        Assert.Contains(refused.Before.Corruptions, c => c is { Kind: CorruptionKind.Table, Relation: "public.purchase" });
        Assert.Empty(refused.Actions);
        Assert.StartsWith("drp backup --kind base", refused.Next, StringComparison.Ordinal);
        var (code, output) = await DrpProgram.RunAsync(scene, "backup", "--kind", "base", "--reason", "damaged tables");
        Assert.True(code is 0 or (int)DrpError.Incomplete, output);
        await BreakAsync(scene, "by_name");
        RepairReport partly = await RepairAsync(scene, new RepairOptions());
        Assert.Equal(["REINDEX INDEX CONCURRENTLY public.by_name", "ANALYZE public.customer"], partly.Actions.Select(a => a.Sql));
        Assert.Equal(RunStatus.Failed, partly.Status);
        // The table, and its own indexes, which cannot be compared with it.
        Assert.Equal(["public.by_total", "public.purchase", "public.purchase_pkey"], partly.After!.Corruptions.Select(c => c.Relation).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.StartsWith("drp damage", partly.Next, StringComparison.Ordinal);
        Assert.Equal(before[8212..8592], (await File.ReadAllBytesAsync(heap))[8212..8592]);
        Assert.Equal((int)DrpError.VerificationFailed, (await DrpProgram.RunAsync(scene, "repair", "--dry-run")).Code);
    }

    private static Task<RepairReport> RepairAsync(Scene scene, RepairOptions options) => scene.WithAsync(s => s.RepairAsync(options, default));

    /// <summary>Changes bytes in the middle of the second page of a table or index, as a disk that rots would.</summary>
    private static async Task<string> BreakAsync(Scene scene, string relation)
    {
        await scene.Cluster.SqlAsync("CHECKPOINT", "shop");
        string file = Path.Combine(scene.Cluster.Data, await scene.Cluster.SqlAsync($"SELECT pg_relation_filepath('{relation}')", "shop"));
        await scene.Cluster.KillAsync();
        await using (var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite))
        {
            byte[] page = new byte[8192];
            stream.Position = 8192;
            await stream.ReadExactlyAsync(page);
            for (int i = 20; i < 400; i++) page[i] ^= 0x5A;
            stream.Position = 8192;
            await stream.WriteAsync(page);
        }

        await scene.Cluster.StartServerAsync();
        return file;
    }
}
