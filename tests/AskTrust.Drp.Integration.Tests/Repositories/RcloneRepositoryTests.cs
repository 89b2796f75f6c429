using System.Security.Cryptography;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.Rclone;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Repositories;

/// <summary>What only rclone has: remotes of other kinds, its configuration, its way with broken input.</summary>
public sealed class RcloneRepositoryTests : IDisposable
{
    private readonly TestContext _context = new();

    public void Dispose() => _context.Dispose();

    /// <summary>What <c>rclone config</c> (s, a) made of “[disk] type = local” with the password “open sesame”: it does that in a dialogue only, which depends on the time of each answer.</summary>
    private const string Encrypted = "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nPu9PbSZ1xk+y8v1d2ztSLtAqSLyeHnpqSfLdsZjGUsQGFotAj+Xbe6Q/uakPkP3Fj5kvdsnkSBCllIix/Q==\n";

    [SkippableFact]
    public async Task A_remote_without_real_folders_works_too()
    {
        Requires.Programs("rclone");
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        // rclone refuses to start when this points to what it cannot read.
        Environment.SetEnvironmentVariable("AWS_CA_BUNDLE", null);
        string config = _context.Folder.Write("rclone.conf",
            $"[ceph]\ntype = s3\nprovider = Ceph\nendpoint = {s3.Rgw.Endpoint}\naccess_key_id = {CephRgw.AccessKey}\nsecret_access_key = {CephRgw.SecretKey}\n");
        var plan = new RcloneRepositoryPlan { Name = "rclone", Remote = $"ceph:{s3.Bucket}/backups", ConfigFile = config };
        await using IRepository repository = await RcloneRepository.OpenAsync(plan, _context.Host, default);
        await repository.CheckAsync(default);
        byte[] bytes = RandomNumberGenerator.GetBytes(6_000_000);
        await S3Fixture.PutAsync(repository, "sets/1/x", bytes);
        await S3Fixture.PutAsync(repository, "sets/1-2", [1]);
        Assert.Equal(bytes, await S3Fixture.GetAsync(repository, "sets/1/x"));
        await Assert.ThrowsAsync<ObjectExistsException>(() => S3Fixture.PutAsync(repository, "sets/1/x", [9]));
        await Assert.ThrowsAsync<ObjectMissingException>(() => S3Fixture.GetAsync(repository, "sets/1"));
        List<string> keys = [];
        await foreach (StoredObject found in repository.ListAsync("", default)) keys.Add($"{found.Key} {found.Size}");
        Assert.Equal(["sets/1-2 1", "sets/1/x 6000000"], keys);
        Assert.Equal(DeleteOutcome.Deleted, await repository.DeleteAsync("sets/1/x", default));
        Assert.Null(await repository.StatAsync("sets/1/x", default));
        Assert.Null(await repository.FreeSpaceAsync(default));

        await using IRepository wrong = await RcloneRepository.OpenAsync(plan with
        {
            ConfigFile = _context.Folder.Write("wrong.conf", (await File.ReadAllTextAsync(config)).Replace(CephRgw.SecretKey, "wrong-secret", StringComparison.Ordinal)),
        }, _context.Host, default);
        Assert.Equal(DrpError.KeyOrPassphrase, (await Assert.ThrowsAsync<DrpException>(() => wrong.CheckAsync(default))).Code);
        Assert.Equal(DrpError.KeyOrPassphrase, (await Assert.ThrowsAsync<DrpException>(() => wrong.LookAsync(default))).Code);
    }

    [SkippableFact]
    public async Task A_look_finds_a_folder_and_makes_none()
    {
        Requires.Programs("rclone");
        string root = _context.Folder["looked"];
        await using IRepository repository = await RcloneRepository.OpenAsync(new RcloneRepositoryPlan { Name = "rclone", Remote = root }, _context.Host, default);
        Assert.False(await repository.LookAsync(default));
        Assert.False(Directory.Exists(root));
        await repository.CheckAsync(default);
        Assert.True(await repository.LookAsync(default));
    }

    [SkippableFact]
    public async Task A_remote_that_is_not_configured_is_told()
    {
        Requires.Programs("rclone");
        var plan = new RcloneRepositoryPlan { Name = "rclone", Remote = "nowhere:x", ConfigFile = _context.Folder.Write("empty.conf", "") };
        await using IRepository repository = await RcloneRepository.OpenAsync(plan, _context.Host, default);
        var e = await Assert.ThrowsAsync<DrpException>(() => repository.CheckAsync(default));
        Assert.Equal(DrpError.PlanInvalid, e.Code);
        Assert.Contains("nowhere", e.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task An_encrypted_configuration_is_opened_with_its_password_and_never_asked_for()
    {
        Requires.Programs("rclone");
        string data = _context.Folder.Sub("data");
        string config = _context.Folder.Write("enc.conf", Encrypted);
        var plan = new RcloneRepositoryPlan { Name = "rclone", Remote = $"disk:{data}", ConfigFile = config, ConfigPassword = _context.Secret("pass", "open sesame") };
        await using (IRepository repository = await RcloneRepository.OpenAsync(plan, _context.Host, default)) await repository.CheckAsync(default);
        foreach (SecretReference? bad in (SecretReference?[])[null, _context.Secret("bad", "not sesame")])
        {
            await using IRepository closed = await RcloneRepository.OpenAsync(plan with { ConfigPassword = bad }, _context.Host, default);
            var e = await Assert.ThrowsAsync<DrpException>(() => closed.CheckAsync(default));
            Assert.Equal(DrpError.KeyOrPassphrase, e.Code);
        }
    }
}
