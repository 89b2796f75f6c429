using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>The server goes away in the middle of a dump; two runs want the same repository.</summary>
public sealed class ServerTests
{
    private const string Bulk = "CREATE TABLE bulk AS SELECT i, sha512(i::text::bytea) || sha512((-i)::text::bytea) AS b FROM generate_series(1, 30000) i";

    [SkippableFact]
    public async Task A_server_that_stops_in_the_middle_of_the_dump_leaves_no_set()
    {
        await using var scene = await Scene.SetAsync(Slow);
        var whole = await scene.BackUpAsync();
        await scene.Cluster.SqlAsync(Bulk, "shop");
        var running = scene.BackUpAsync();
        await WritingAsync(scene, whole.Id);
        await scene.Cluster.KillAsync();
        var failed = await Assert.ThrowsAsync<DrpException>(() => running);
        Assert.True(failed.Code is DrpError.Failed or DrpError.Unreachable, $"{failed.Code}: {failed.Message}");

        foreach (string repository in (string[])["one", "two"])
        {
            Assert.Equal([whole.Id], RepositoryBytes.Sets(scene, repository));
            Assert.DoesNotContain(Directory.EnumerateFiles(scene.Folder[repository, "shop", "sets"], "*", SearchOption.AllDirectories), f => !f.Contains(whole.Id, StringComparison.Ordinal));
            Assert.DoesNotContain(Directory.EnumerateFiles(scene.Folder[repository, "shop"], "*", SearchOption.AllDirectories), f => f.Contains("/locks/", StringComparison.Ordinal));
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Join(scene.State, "tmp")));
        var record = (await scene.WithAsync(async s => await s.TestEvidenceAsync(default).ToListAsync()))[0];
        Assert.Equal(CheckVerdict.Ok, record.Verdict);
        await scene.Cluster.StartServerAsync();
        Assert.Equal(RunStatus.Succeeded, (await scene.BackUpAsync()).Status);
    }

    [SkippableFact]
    public async Task Of_two_runs_at_once_exactly_one_wins_and_the_other_names_it()
    {
        await using var scene = await Scene.SetAsync(Slow);
        await scene.Cluster.SqlAsync(Bulk, "shop");
        for (int round = 1; round <= 2; round++)
        {
            await using var first = DrpProgram.Start(scene, "backup");
            await using var second = DrpProgram.Start(scene, "backup");
            int[] codes = [await first.WaitAsync(), await second.WaitAsync()];
            Assert.True(codes.Order().SequenceEqual([0, (int)DrpError.Locked]), $"{codes[0]}: {first.Output}\n{codes[1]}: {second.Output}");
            var (winner, loser) = codes[0] == 0 ? (first, second) : (second, first);
            Assert.Contains(winner.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), loser.Output);
            Assert.Contains(Environment.MachineName, loser.Output);
            Assert.Equal(round, RepositoryBytes.Sets(scene, "one").Count);
            Assert.Equal(RepositoryBytes.Sets(scene, "one"), RepositoryBytes.Sets(scene, "two"));
        }

        var verified = await scene.WithAsync(async s => await s.VerifyAsync(new VerifyOptions(), default).ToListAsync());
        Assert.Equal(4, verified.Count(v => v.Verdict == CheckVerdict.Ok));
    }

    private static string Slow(string plan) => plan.Replace("/two }", "/two, uploadLimit: 1MiB/s }", StringComparison.Ordinal);

    /// <summary>Waits until the dump of a set other than that one is being written.</summary>
    private static async Task WritingAsync(Scene scene, string other)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!Directory.EnumerateFiles(scene.Repository("two"), "*dump*", SearchOption.AllDirectories).Any(f => !f.Contains(other, StringComparison.Ordinal))) await Task.Delay(10, patience.Token);
        await Task.Delay(300, patience.Token);
    }
}
