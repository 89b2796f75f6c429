using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>Keys and passphrases that are wrong, missing or expired: told before a byte is written, never after.</summary>
public sealed class KeyTests
{
    [SkippableFact]
    public async Task An_expired_public_key_is_refused_before_anything_is_written()
    {
        await using var ring = new GnuPgKeyRing();
        await using var scene = await Scene.SetAsync((s, plan) => Encrypted(s, plan, "0123456789012345678901234567890123456789", "missing.asc", null));
        var (fingerprint, shown, _) = await ring.MakeAsync("expired", expires: "20200101T000000", clock: "20190101T000000");
        await UseAsync(scene, fingerprint, shown, null);
        await AssertBackupRefusedAsync(scene, fingerprint);
    }

    [SkippableFact]
    public async Task A_public_key_that_is_not_the_pinned_one_or_not_there_is_refused_before_anything_is_written()
    {
        await using var ring = new GnuPgKeyRing();
        const string pinned = "0123456789012345678901234567890123456789";
        await using var scene = await Scene.SetAsync((s, plan) => Encrypted(s, plan, pinned, "missing.asc", null));
        await AssertBackupRefusedAsync(scene, "missing.asc");
        var (_, shown, _) = await ring.MakeAsync("other");
        await UseAsync(scene, pinned, shown, null);
        await AssertBackupRefusedAsync(scene, pinned);
    }

    [SkippableFact]
    public async Task A_missing_or_wrong_private_key_or_passphrase_is_told_and_the_target_stays()
    {
        await using var ring = new GnuPgKeyRing();
        var right = await ring.MakeAsync("right", "the right passphrase");
        var wrong = await ring.MakeAsync("wrong", "the right passphrase");
        await using var scene = await Scene.SetAsync((s, plan) => Encrypted(s, plan, right.Fingerprint, right.Public, null));
        Assert.Equal(RunStatus.Succeeded, (await scene.BackUpAsync()).Status);
        await scene.Cluster.SqlAsync("CREATE DATABASE target");
        await scene.Cluster.SqlAsync("CREATE TABLE keep AS SELECT 1 AS it", "target");

        await AssertRestoreRefusedAsync(scene, "no private key");
        await UseAsync(scene, right.Fingerprint, right.Public, wrong.Private);
        await AssertRestoreRefusedAsync(scene, "the private key of another pair");
        scene.Folder.Write("passphrase", "not the passphrase");
        await UseAsync(scene, right.Fingerprint, right.Public, right.Private);
        await AssertRestoreRefusedAsync(scene, "the wrong passphrase");
        Assert.All(scene.Heard.Texts, t => Assert.DoesNotContain("not the passphrase", t));

        scene.Folder.Write("passphrase", "the right passphrase");
        var restored = await scene.WithAsync(s => s.RestoreAsync(Restore(), default));
        Assert.Equal(RunStatus.Succeeded, restored.Status);
    }

    [SkippableFact]
    public async Task A_wrong_passphrase_of_a_symmetric_set_is_told_and_the_target_stays()
    {
        await using var scene = await Scene.SetAsync();
        await scene.BackUpAsync();
        await scene.Cluster.SqlAsync("CREATE DATABASE target");
        await scene.Cluster.SqlAsync("CREATE TABLE keep AS SELECT 1 AS it", "target");
        string good = await File.ReadAllTextAsync(scene.Folder["passphrase"]);
        scene.Folder.Write("passphrase", "not the passphrase");
        await AssertRestoreRefusedAsync(scene, "the wrong passphrase");
        File.Delete(scene.Folder["passphrase"]);
        await Assert.ThrowsAsync<DrpException>(() => scene.BackUpAsync());
        Assert.Single(RepositoryBytes.Sets(scene, "one"));
        scene.Folder.Write("passphrase", good);
        Assert.Equal(RunStatus.Succeeded, (await scene.WithAsync(s => s.RestoreAsync(Restore(), default))).Status);
    }

    private static RestoreOptions Restore() => new() { Id = "latest", Database = "target", Force = true, NoSafetyReason = "test of keys" };

    private static string Encrypted(Scene scene, string plan, string fingerprint, string shown, string? secret)
    {
        int at = plan.IndexOf("encryption:", StringComparison.Ordinal);
        string keys = secret is null ? "" : $"\n  privateKey: {secret}\n  privateKeyPassphrase: ${{file:{scene.Folder["passphrase"]}}}";
        return $"{plan[..at]}encryption:\n  recipients: [{fingerprint}]\n  publicKeys: [{shown}]{keys}\n";
    }

    private static async Task UseAsync(Scene scene, string fingerprint, string shown, string? secret) =>
        await File.WriteAllTextAsync(scene.PlanFile, Encrypted(scene, await File.ReadAllTextAsync(scene.PlanFile), fingerprint, shown, secret));

    private static async Task AssertBackupRefusedAsync(Scene scene, string named)
    {
        var (code, output) = await DrpProgram.RunAsync(scene, "backup");
        Assert.True(code == (int)DrpError.KeyOrPassphrase, $"{code}: {output}");
        Assert.Contains(named, output.Replace(" ", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        foreach (string repository in (string[])["one", "two"])
            Assert.True(!Directory.Exists(scene.Repository(repository)) || !Directory.EnumerateFileSystemEntries(scene.Repository(repository)).Any(), $"something was written to {repository}");
    }

    private static async Task AssertRestoreRefusedAsync(Scene scene, string why)
    {
        var refused = await Assert.ThrowsAsync<DrpException>(() => scene.WithAsync(s => s.RestoreAsync(Restore(), default)));
        Assert.True(refused.Code == DrpError.KeyOrPassphrase, $"{why}: {refused.Code} {refused.Message}");
        Assert.False(string.IsNullOrWhiteSpace(refused.Hint), $"{why}: no hint with “{refused.Message}”");
        Assert.Equal("1", await scene.Cluster.SqlAsync("SELECT it FROM keep", "target"));
        Assert.Equal("postgres shop target", await scene.Cluster.SqlAsync("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"));
    }
}
