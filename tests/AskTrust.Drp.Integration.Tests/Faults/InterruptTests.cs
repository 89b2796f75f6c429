using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>Ctrl+C: the first stops the work and cleans up, the second leaves at once.</summary>
public sealed class InterruptTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task An_interrupted_backup_leaves_no_set_no_file_no_lock_and_no_process()
    {
        await using var scene = await Scene.SetAsync(Slow);
        var whole = await scene.BackUpAsync();
        await scene.Cluster.SqlAsync(Bulk, "shop");
        await using var drp = DrpProgram.Start(scene, "backup");
        await WritingAsync(scene, drp, whole.Id);
        var children = DrpProgram.Descendants(drp);
        Assert.NotEmpty(children);

        DrpProgram.Interrupt(drp);
        Assert.Equal((int)DrpError.Cancelled, await EndAsync(drp));
        Assert.Contains("drp: ", drp.Output);
        Assert.DoesNotContain(children, DrpProgram.IsRunning);
        foreach (string repository in (string[])["one", "two"])
        {
            Assert.Equal([whole.Id], RepositoryBytes.Sets(scene, repository));
            Assert.DoesNotContain(Directory.EnumerateFiles(scene.Folder[repository, "shop", "sets"], "*", SearchOption.AllDirectories), f => !f.Contains(whole.Id, StringComparison.Ordinal));
            Assert.DoesNotContain(Directory.EnumerateFiles(scene.Folder[repository, "shop"], "*", SearchOption.AllDirectories), f => f.Contains("/locks/", StringComparison.Ordinal));
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Join(scene.State, "tmp")));
        Assert.Empty(Scene.ProcessesNaming(scene.State));
        var ledger = await scene.WithAsync(async s => await s.TestEvidenceAsync(default).ToListAsync());
        Assert.All(ledger, copy => Assert.Equal(CheckVerdict.Ok, copy.Verdict));
        await scene.Cluster.SqlAsync("DROP TABLE bulk", "shop");
        Assert.Equal(RunStatus.Succeeded, (await scene.BackUpAsync()).Status);
    }

    [SkippableFact]
    public async Task The_second_interrupt_ends_a_backup_whose_cleanup_hangs_at_once()
    {
        await using var scene = await Scene.SetAsync(Slow);
        var whole = await scene.BackUpAsync();
        await scene.Cluster.SqlAsync(Bulk, "shop");
        await using var drp = DrpProgram.Start(scene, "backup");
        await WritingAsync(scene, drp, whole.Id);

        // The end of a cleanup is the record in the ledger: it waits for whoever writes there.
        await using var busy = new FileStream(Path.Join(scene.State, "locks", "evidence-shop.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        DrpProgram.Interrupt(drp);
        await drp.WaitUntilAsync(() => Task.FromResult(drp.Output.Contains("cancelling", StringComparison.OrdinalIgnoreCase)), s_patience);
        Assert.False(drp.HasExited);
        DrpProgram.Interrupt(drp);
        Assert.Equal((int)DrpError.Cancelled, await EndAsync(drp));
        // Whoever comes to the end of the cleanup says how the run ended.
        Assert.DoesNotContain("drp: ", drp.Output);

        Assert.Equal([whole.Id], RepositoryBytes.Sets(scene, "one"));
        Assert.Equal([whole.Id], RepositoryBytes.Sets(scene, "two"));
    }

    private const string Bulk = "CREATE TABLE bulk AS SELECT i, sha512(i::text::bytea) || sha512((-i)::text::bytea) AS b FROM generate_series(1, 300000) i";

    private static string Slow(string plan) => plan.Replace("/two }", "/two, uploadLimit: 2MiB/s }", StringComparison.Ordinal);

    private static async Task<int> EndAsync(ChildProcess drp)
    {
        using var patience = new CancellationTokenSource(s_patience);
        return await drp.WaitAsync(patience.Token);
    }

    private static Task WritingAsync(Scene scene, ChildProcess drp, string other) => drp.WaitUntilAsync(
        () => Task.FromResult(Directory.EnumerateFiles(scene.Repository("two"), "*", SearchOption.AllDirectories)
            .Any(f => !f.Contains(other, StringComparison.Ordinal) && new FileInfo(f) is { Exists: true, Length: > 1 << 20 })),
        s_patience);
}
