using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Schedules;

/// <summary>A backup as a gate before a deployment.</summary>
public sealed class GateTests
{
    [SkippableFact]
    public async Task A_fresh_enough_set_counts_and_one_that_is_not_is_taken()
    {
        Requires.Programs("tar");
        using var scene = new ScheduleScene("nightly: { keep: { last: 9 } }");
        Task<BackupReport> GateAsync(BackupOptions options) => scene.WithAsync(s => s.BackupAsync(options with { Reason = "release 4.2" }, default));
        var hour = new BackupOptions { MaxAge = TimeSpan.FromHours(1) };

        BackupReport first = await GateAsync(hour);
        Assert.Equal(RunStatus.Succeeded, first.Status);
        BackupReport second = await GateAsync(hour);
        Assert.Equal((RunStatus.Skipped, first.Id), (second.Status, second.Id));

        // One that is not proven does not count where proof is asked; the new one is proven at once, and counts from then on.
        scene.Time.Ahead += TimeSpan.FromSeconds(2);
        BackupReport proven = await GateAsync(hour with { RequireProven = true });
        Assert.Equal(RunStatus.Succeeded, proven.Status);
        Assert.NotEqual(first.Id, proven.Id);
        Assert.Equal((RunStatus.Skipped, proven.Id), (await GateAsync(hour with { RequireProven = true }) is var r ? (r.Status, r.Id) : default));

        scene.Time.Ahead += TimeSpan.FromHours(2);
        Assert.Equal(RunStatus.Succeeded, (await GateAsync(hour)).Status);
        // A set that a repository lacks does not count.
        Directory.Delete(scene.Folder["two/shop/sets"], recursive: true);
        Assert.NotEqual(RunStatus.Skipped, (await GateAsync(hour)).Status);
    }

    [SkippableFact]
    public async Task The_gate_stays_closed_when_nothing_can_be_backed_up()
    {
        Requires.Programs("tar");
        using var scene = new ScheduleScene("nightly: { keep: { last: 9 } }");
        Directory.Delete(Path.Join(scene.Root, "files"), recursive: true);

        await Assert.ThrowsAsync<DrpException>(() => scene.WithAsync(s => s.BackupAsync(new BackupOptions { MaxAge = TimeSpan.FromHours(1), RequireProven = true }, default)));
    }
}
