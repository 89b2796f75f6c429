using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>Disks that are full, before the run and in the middle of it.</summary>
public sealed class DiskFullTests
{
    /// <summary>Text that does not compress, and a repository slow enough to be filled up meanwhile.</summary>
    private const string Bulk = "CREATE TABLE bulk AS SELECT i, sha512(i::text::bytea) || sha512((-i)::text::bytea) AS b FROM generate_series(1, 30000) i";

    [SkippableFact]
    public async Task A_disk_that_fills_up_in_the_middle_loses_its_own_copy_only()
    {
        await using var scene = await Scene.SetAsync(Slow);
        await using var disk = await Tmpfs.MountAsync(scene.Repository("two"), 64);
        await scene.Cluster.SqlAsync(Bulk, "shop");
        using var stop = new CancellationTokenSource();
        var filling = disk.FillWhenAsync("*dump*", stop.Token);
        var report = await scene.BackUpAsync();
        await stop.CancelAsync();
        Assert.True(filling.IsCompletedSuccessfully, "the disk was never filled");

        Assert.Equal(RunStatus.Incomplete, report.Status);
        Assert.Equal(RunStatus.Succeeded, report.Repositories.Single(r => r.Repository == "one").Status);
        var two = report.Repositories.Single(r => r.Repository == "two");
        Assert.Equal((RunStatus.Failed, DrpError.NotEnoughSpace), (two.Status, two.Code));
        AssertNothing(disk);

        disk.Free();
        var copied = await scene.WithAsync(async s => await s.SyncAsync(new SyncOptions(), default).ToListAsync());
        Assert.Equal(RunStatus.Succeeded, Assert.Single(copied).Status);
        var verified = await scene.WithAsync(async s => await s.VerifyAsync(new VerifyOptions(), default).ToListAsync());
        Assert.Equal(2, verified.Count(v => v.Verdict == CheckVerdict.Ok));
    }

    [SkippableTheory]
    [InlineData(null, "*dump*")]
    [InlineData("base", "*base.tar*")]
    public async Task Without_another_repository_a_disk_that_fills_up_fails_the_run(string? kind, string artifact)
    {
        await using var scene = await Scene.SetAsync(Slow);
        await using var disk = await Tmpfs.MountAsync(scene.Repository("two"), 64);
        await scene.Cluster.SqlAsync(Bulk, "shop");
        using var stop = new CancellationTokenSource();
        var filling = disk.FillWhenAsync(artifact, stop.Token);
        var failed = await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync(new BackupOptions { Kind = kind, Repositories = ["two"] }));
        await stop.CancelAsync();
        Assert.True(filling.IsCompletedSuccessfully, "the disk was never filled");
        Assert.Equal(DrpError.NotEnoughSpace, failed.Code);
        // Whichever meets it first: this object, while its bytes still come or when they have all come, or one beside it.
        Assert.Matches("^No repository (is left to write to\\.|took the set:) two: ", failed.Message);
        AssertNothing(disk);
        Assert.Empty(await scene.WithAsync(async s => await s.ListAsync(new BackupFilter(), default).ToListAsync()));
    }

    [SkippableFact]
    public async Task A_full_disk_is_seen_before_the_run()
    {
        await using var scene = await Scene.SetAsync();
        await using var disk = await Tmpfs.MountAsync(scene.Repository("two"), 4);
        var report = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Incomplete, report.Status);
        Assert.Equal(DrpError.NotEnoughSpace, report.Repositories.Single(r => r.Repository == "two").Code);
        AssertNothing(disk);
        var alone = await DrpProgram.RunAsync(scene, "backup", "--repository", "two");
        Assert.Equal((int)DrpError.NotEnoughSpace, alone.Code);
        AssertNothing(disk);
    }

    [SkippableFact]
    public async Task A_full_state_directory_is_told_and_makes_no_set_that_is_not_good()
    {
        await using var scene = await Scene.SetAsync();
        await using var disk = await Tmpfs.MountAsync(scene.State, 1);
        disk.Fill();
        var (code, output) = await DrpProgram.RunAsync(scene, "backup");
        Assert.True(code == (int)DrpError.NotEnoughSpace, $"{code}: {output}");
        Assert.Contains(scene.State, output);
        Assert.DoesNotContain("   at ", output);
        Assert.Empty(RepositoryBytes.Sets(scene, "one"));

        disk.Free();
        Assert.Equal(RunStatus.Succeeded, (await scene.BackUpAsync()).Status);
    }

    private static string Slow(string plan)
    {
        const string place = "/two }";
        Assert.Contains(place, plan);
        return plan.Replace(place, "/two, uploadLimit: 1MiB/s }", StringComparison.Ordinal);
    }

    /// <summary>No set, no half of one; only the evidence of what happened may be there.</summary>
    private static void AssertNothing(Tmpfs disk) =>
        Assert.DoesNotContain(Directory.EnumerateFiles(disk.Path, "*", SearchOption.AllDirectories), f => f.Contains("/sets/", StringComparison.Ordinal) || f.Contains("/locks/", StringComparison.Ordinal));
}
