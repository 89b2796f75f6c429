namespace AskTrust.Drp.Integration.Tests.Files;

/// <summary>Sets that build on each other, and a second repository that lacks some of them.</summary>
public sealed class ChainSyncTests
{
    [Fact]
    public async Task A_chain_is_copied_in_order_and_restores_from_there_alone_and_what_lost_its_base_says_so()
    {
        using FilesScene scene = IncrementalScene.Make(plan: (s, text) => text.Replace("repositories:", "repositories:\n  two: { type: directory, path: " + s.Folder["two"] + " }", StringComparison.Ordinal));
        List<(string Id, string Look)> points = [];
        foreach (string name in new[] { "a", "b", "c" })
        {
            scene.File(name, name);
            BackupReport report = await scene.WithAsync(s => s.BackupAsync(new BackupOptions { Repositories = ["one"] }, default));
            points.Add((report.Id, scene.Look(scene.Uploads)));
        }

        string[] ids = [.. points.Select(p => p.Id)];
        Assert.Equal(["full", "incremental", "incremental"], ids.Select(i => i[(i.IndexOf('-', StringComparison.Ordinal) + 1)..]));

        // Only the newest is asked for: what it builds on comes with it, and before it.
        var only = new SyncOptions { Repositories = ["two"], Filter = new BackupFilter { Ids = [ids[2]] } };
        Assert.Equal(ids, (await SyncAsync(only with { DryRun = true })).Select(c => c.Id));
        Assert.False(Directory.Exists(scene.Folder["two"]));
        List<SyncResult> copied = await SyncAsync(only);
        Assert.Equal(ids.Select(i => (i, "one", "two", RunStatus.Succeeded)), copied.Select(c => (c.Id, c.Source, c.Repository, c.Status)));
        Assert.Empty(await SyncAsync(new SyncOptions()));

        Directory.Move(scene.Folder["one"], scene.Folder["lost"]);
        foreach (var (id, look) in points) Assert.Equal(look, await scene.RestoredAsync(id));

        // The base is lost there, too: nothing that builds on it is taken for a backup, and it is said why.
        Directory.Delete(scene.Folder["two", "shop", "sets", ids[0]], recursive: true);
        Assert.Empty(await scene.WithAsync(s => s.ListAsync(new BackupFilter(), default).ToListAsync().AsTask()));
        Assert.All(ids[1..], id => Assert.Contains(scene.Heard.Texts, t => t.Contains($"two: {id} builds on {ids[0]}, which is missing there", StringComparison.Ordinal)));
        var refused = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions { Id = ids[2], Destination = scene.Folder["no"] }));
        Assert.False(Directory.Exists(scene.Folder["no"]));
        // Whatever one wants to do with it: which set cannot be used, what is missing, where, and what to do.
        var unproven = await Assert.ThrowsAsync<DrpException>(() => scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { Id = ids[2] }, default)));
        Assert.All([refused, unproven], e =>
        {
            Assert.Equal(DrpError.VerificationFailed, e.Code);
            Assert.Contains($"{ids[2]} cannot be used", e.Message, StringComparison.Ordinal);
            Assert.Contains($"two: {ids[2]} builds on {ids[0]}, which is missing there", e.Message, StringComparison.Ordinal);
            Assert.Contains("drp backup --full", e.Hint, StringComparison.Ordinal);
        });
        VerificationResult judged = (await scene.VerifyAsync(ids[2])).Single(v => v.Id == ids[2]);
        Assert.Equal((CheckVerdict.Failed, DrpError.VerificationFailed), (judged.Verdict, judged.Code));
        Assert.Contains(judged.Problems, t => t.Contains($"builds on {ids[0]}, which is missing there", StringComparison.Ordinal));

        // The first repository is found again: what it has makes the chain of the other whole.
        Directory.Move(scene.Folder["lost"], scene.Folder["one"]);
        Assert.All(await SyncAsync(only), c => Assert.True(c.Status == RunStatus.Succeeded, c.Message));
        Directory.Move(scene.Folder["one"], scene.Folder["lost"]);
        Assert.Equal(points[2].Look, await scene.RestoredAsync(ids[2]));

        Task<List<SyncResult>> SyncAsync(SyncOptions options) => scene.WithAsync(s => s.SyncAsync(options, default).ToListAsync().AsTask());
    }
}
