using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>The server goes away in the middle of a dump; two runs want the same repository.</summary>
public sealed class ServerTests
{
    [SkippableFact]
    public async Task A_server_that_stops_in_the_middle_of_the_dump_leaves_no_set()
    {
        await using var scene = await Scene.SetAsync(plan => Slow(plan, "2MiB/s"));
        var whole = await scene.BackUpAsync();

        // More than the buffers between dump and repositories hold: the dump still runs when the server goes.
        await scene.Cluster.SqlAsync(Bulk(300_000), "shop");
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
        await scene.Cluster.SqlAsync("DROP TABLE IF EXISTS bulk", "shop");
        Assert.Equal(RunStatus.Succeeded, (await scene.BackUpAsync()).Status);
    }

    [SkippableFact]
    public async Task Of_two_runs_at_once_exactly_one_wins_and_the_other_names_it()
    {
        // Longer than the one that came second may wait for its turn (15 s): else both would win, one after the other.
        await using var scene = await Scene.SetAsync(plan => Slow(plan, "200KiB/s"));
        await scene.Cluster.SqlAsync(Bulk(30_000), "shop");
        await using var first = DrpProgram.Start(scene, "backup");
        await using var second = DrpProgram.Start(scene, "backup");
        int[] codes = [await first.WaitAsync(), await second.WaitAsync()];
        Assert.True(codes.Order().SequenceEqual([0, (int)DrpError.Locked]), $"{codes[0]}: {first.Output}\n{codes[1]}: {second.Output}");
        var (winner, loser) = codes[0] == 0 ? (first, second) : (second, first);
        Assert.Contains(winner.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), loser.Output);
        Assert.Contains(Environment.MachineName, loser.Output);
        Assert.Single(RepositoryBytes.Sets(scene, "one"));
        Assert.Equal(RepositoryBytes.Sets(scene, "one"), RepositoryBytes.Sets(scene, "two"));

        var verified = await scene.WithAsync(async s => await s.VerifyAsync(new VerifyOptions(), default).ToListAsync());
        Assert.Equal(2, verified.Count(v => v.Verdict == CheckVerdict.Ok));
    }

    /// <summary>A table of about 130 incompressible bytes a row.</summary>
    private static string Bulk(int rows) => $"CREATE TABLE bulk AS SELECT i, sha512(i::text::bytea) || sha512((-i)::text::bytea) AS b FROM generate_series(1, {rows}) i";

    private static string Slow(string plan, string limit) => plan.Replace("/two }", $"/two, uploadLimit: {limit} }}", StringComparison.Ordinal);

    /// <summary>Waits until a good part of the dump of a set other than that one has been written; it has no name of its own yet.</summary>
    private static async Task WritingAsync(Scene scene, string other)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        bool Written() => Directory.EnumerateFiles(scene.Repository("two"), "*", SearchOption.AllDirectories)
            .Any(f => !f.Contains(other, StringComparison.Ordinal) && new FileInfo(f).Length > 1 << 20);
        while (!Written()) await Task.Delay(10, patience.Token);
    }
}
