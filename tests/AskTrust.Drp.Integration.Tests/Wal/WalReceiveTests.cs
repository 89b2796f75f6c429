namespace AskTrust.Drp.Integration.Tests.Wal;

public sealed class WalReceiveTests
{
    [SkippableFact]
    public async Task A_receiver_that_is_started_again_on_a_server_that_stands_still_goes_on()
    {
        await using var scene = await WalScene.SetAsync();
        string before, after;
        int tries = 0;
        do
        {
            await scene.CatchUpAsync();
            // As it is when everything is shipped, and the receiver ran for more than a moment.
            foreach (string map in Directory.EnumerateFiles(scene.Spool, "*.map", SearchOption.AllDirectories)) File.Delete(map);
            before = await LsnAsync();
            await scene.CatchUpAsync();
            after = await LsnAsync();
        }
        while (before != after && ++tries < 5);

        Assert.Equal(before, after);

        Task<string> LsnAsync() => scene.SqlAsync("SELECT pg_current_wal_lsn()");
    }

    [SkippableFact]
    public async Task What_the_server_writes_is_in_every_repository_byte_for_byte()
    {
        await using var scene = await WalScene.SetAsync();
        await using (await scene.ReceiveAsync())
        {
            await WalScene.UntilAsync(() => scene.Objects("one").Count > 0, () => string.Join('\n', scene.Scene.Heard.Texts));
            IReadOnlyList<string> names = await scene.SegmentsAsync(4);
            await scene.UntilAsync(() => names.All(n => scene.Segments("one").Contains(n) && scene.Segments("two").Contains(n)));

            foreach (string name in names)
            {
                byte[] original = await File.ReadAllBytesAsync(Path.Join(scene.Scene.Cluster.Data, "pg_wal", name));
                Assert.Equal(original, await scene.FetchAsync(name, "one"));
                Assert.Equal(original, await scene.FetchAsync(name, "two"));
            }
        }

        Assert.Equal("f", await scene.SqlAsync("SELECT active FROM pg_replication_slots WHERE slot_name = 'drp_shop_db'"));
        Assert.DoesNotContain(scene.Objects("one"), n => scene.Segments("one").Contains(n[..24]) && n.Contains(".part", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task On_an_idle_server_one_committed_row_is_in_the_archive_soon()
    {
        await using var scene = await WalScene.SetAsync();
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("one").Count > 0);

        await scene.SqlAsync("CREATE TABLE one_row (t text); SET synchronous_commit = on; INSERT INTO one_row VALUES ('the one and only row that was written')");
        string segment = await scene.SqlAsync("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");

        // Each look fetches anew: the row is there when its bytes are.
        byte[] row = "the one and only row"u8.ToArray();
        byte[]? got = null;
        for (var until = DateTime.UtcNow.AddSeconds(60); got is null || got.AsSpan().IndexOf(row) < 0; await Task.Delay(200))
        {
            Assert.True(DateTime.UtcNow < until, "the row did not arrive");
            got = await scene.FetchAsync(segment);
        }

        Assert.Equal(16 << 20, got.Length);
    }

    /// <summary>The first segment of a receiver may begin in the middle of a record, whose end is not where records begin.</summary>
    [SkippableFact]
    public async Task A_first_segment_that_begins_within_a_record_is_shipped_while_it_is_open()
    {
        await using var scene = await WalScene.SetAsync();
        string segment;
        byte[] page = new byte[24];
        do
        {
            await scene.SqlAsync("SELECT count(pg_logical_emit_message(false, 'drp', repeat('x', 1000003))) FROM generate_series(1, 17)");
            segment = await scene.SqlAsync("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
            await using FileStream wal = new(Path.Join(scene.Scene.Cluster.Data, "pg_wal", segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await wal.ReadExactlyAsync(page);
        }
        while ((page[2] & 1) == 0 || page[16] % 8 == 0);

        // A slot begins at the last checkpoint.
        await scene.SqlAsync("CHECKPOINT");
        await using var receiver = await scene.ReceiveAsync();

        await scene.UntilAsync(() => scene.Objects("one").Any(n => n.StartsWith(segment, StringComparison.Ordinal) && n.Contains(".part", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public async Task A_repository_that_was_down_gets_what_it_missed()
    {
        await using var scene = await WalScene.SetAsync();
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("two").Count > 0);
        Directory.Move(scene.Scene.Repository("two"), scene.Scene.Folder["away"]);

        IReadOnlyList<string> names = await scene.SegmentsAsync(3);
        await scene.UntilAsync(() => names.All(scene.Segments("one").Contains));
        Assert.False(Directory.Exists(scene.Scene.Repository("two")));
        Directory.Move(scene.Scene.Folder["away"], scene.Scene.Repository("two"));

        await scene.UntilAsync(() => names.All(scene.Segments("two").Contains));
    }

    [SkippableFact]
    public async Task Catching_up_ends_by_itself()
    {
        await using var scene = await WalScene.SetAsync();
        await scene.SegmentsAsync(1);

        WalReceiveReport report = await scene.CatchUpAsync();

        Assert.All(report.Repositories, r => Assert.Equal((0, null), (r.Waiting, r.Message)));
        Assert.All(report.Repositories, r => Assert.True(r.Shipped > default(Lsn)));
    }

    [SkippableFact]
    public async Task Another_server_under_the_same_plan_is_refused_before_anything_is_made_on_it()
    {
        await using var scene = await WalScene.SetAsync();
        await scene.CatchUpAsync();
        await using var other = await WalScene.SetAsync();
        string plan = await File.ReadAllTextAsync(other.Scene.PlanFile);
        await File.WriteAllTextAsync(other.Scene.PlanFile, plan.Replace(other.Scene.Repository("one"), scene.Scene.Repository("one"), StringComparison.Ordinal));

        DrpException e = await Assert.ThrowsAsync<DrpException>(() => other.CatchUpAsync());

        Assert.Equal(DrpError.UnsafeTarget, e.Code);
        Assert.Equal("0", await other.SqlAsync("SELECT count(*) FROM pg_replication_slots"));
        var report = await other.Scene.WithAsync(s => s.WalReceiveAsync(new WalReceiveOptions { CatchUp = true, NewSystem = true }, default));
        Assert.All(report.Repositories, r => Assert.Null(r.Message));
    }

    [SkippableFact]
    public async Task A_second_receiver_is_refused()
    {
        await using var scene = await WalScene.SetAsync();
        await using var receiver = await scene.ReceiveAsync();
        await scene.UntilAsync(() => scene.Objects("one").Count > 0);

        DrpException e = await Assert.ThrowsAsync<DrpException>(() => scene.CatchUpAsync());

        Assert.Equal(DrpError.Locked, e.Code);
    }
}
