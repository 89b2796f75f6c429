using System.Text;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Tests.Host;

namespace AskTrust.Drp.Engine.Tests.Pipeline;

public sealed class GnuPgTests(TestKeys keys) : IClassFixture<TestKeys>, IDisposable
{
    private const string SymmetricPassphrase = "Sm0rgas board ünique";
    private readonly TestHost _host = new();

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("DRP_TEST_PASSPHRASE", null);
        _host.Dispose();
    }

    [Fact]
    public async Task Each_recipient_alone_can_decrypt()
    {
        byte[] plain = TestBytes.Make(700_000);
        byte[] stored = await EncryptAsync(Plan(keys.Alice, keys.Bob), plain);
        foreach (var key in new[] { keys.Alice, keys.Bob })
            Assert.Equal(plain, await DecryptAsync(Plan(keys.Alice) with { PrivateKey = key.SecretFile }, stored));
    }

    [Fact]
    public async Task A_protected_private_key_needs_its_passphrase()
    {
        byte[] plain = TestBytes.Make(100_000);
        byte[] stored = await EncryptAsync(Plan(keys.Protected), plain);
        var plan = Plan(keys.Protected) with { PrivateKey = keys.Protected.SecretFile };
        Assert.Equal(plain, await DecryptAsync(plan with { PrivateKeyPassphrase = Passphrase(TestKeys.Passphrase) }, stored));
        await AssertKeyErrorAsync(() => DecryptAsync(plan with { PrivateKeyPassphrase = Passphrase("wrong") }, stored));
        await AssertKeyErrorAsync(() => DecryptAsync(plan, stored));
    }

    [Fact]
    public async Task The_wrong_key_and_a_missing_key_file_are_key_errors()
    {
        byte[] stored = await EncryptAsync(Plan(keys.Alice), TestBytes.Make(100_000));
        await AssertKeyErrorAsync(() => DecryptAsync(Plan(keys.Bob) with { PrivateKey = keys.Bob.SecretFile }, stored));
        await AssertKeyErrorAsync(() => DecryptAsync(Plan(keys.Alice) with { PrivateKey = "/nowhere/key.asc" }, stored));
        await AssertKeyErrorAsync(() => DecryptAsync(Plan(keys.Alice) with { PrivateKey = keys.Alice.PublicFile }, stored));
    }

    [Fact]
    public async Task Keys_that_cannot_be_used_are_refused_by_name_before_the_first_byte()
    {
        var unknown = new TestKeys.Key("0123456789ABCDEF0123456789ABCDEF01234567", keys.Alice.PublicFile, "");
        foreach (var key in new[] { keys.Expired, keys.Revoked, keys.SignOnly, unknown })
        {
            var sink = new MemorySink();
            await using var gpg = new GnuPg(_host.Context, Plan(keys.Alice, key), "/");
            var e = await Assert.ThrowsAsync<DrpException>(() => gpg.EncryptAsync(sink, default));
            Assert.Equal(DrpError.KeyOrPassphrase, e.Code);
            Assert.Contains(key.Fingerprint, e.Message, StringComparison.Ordinal);
            Assert.NotNull(e.Hint);
            Assert.Empty(sink.Bytes);
        }
    }

    [Fact]
    public async Task Only_pinned_keys_of_a_key_file_are_imported()
    {
        string both = Path.Combine(_host.Folder, "both.asc");
        await File.WriteAllTextAsync(both, await File.ReadAllTextAsync(keys.Alice.PublicFile) + await File.ReadAllTextAsync(keys.Bob.PublicFile));
        byte[] stored = await EncryptAsync(Plan(keys.Alice) with { PublicKeys = [both] }, TestBytes.Make(1000));
        await AssertKeyErrorAsync(() => DecryptAsync(Plan(keys.Bob) with { PrivateKey = keys.Bob.SecretFile }, stored));
        var plan = Plan(keys.Alice) with { PublicKeys = ["both.asc"] };
        await using var relative = new GnuPg(_host.Context, plan, _host.Folder);
        await relative.CheckAsync(default);
    }

    [Fact]
    public async Task Symmetric_mode_round_trips_and_refuses_a_wrong_passphrase()
    {
        byte[] plain = TestBytes.Make(500_000);
        var plan = new EncryptionPlan { Passphrase = Passphrase(SymmetricPassphrase) };
        byte[] stored = await EncryptAsync(plan, plain);
        Assert.True(OpenPgp.LooksEncrypted(stored));
        Assert.Equal(plain, await DecryptAsync(plan, stored));
        Assert.Equal(plain, (await keys.GpgAsync(["--passphrase", SymmetricPassphrase, "--decrypt"], stored)).Output);
        await AssertKeyErrorAsync(() => DecryptAsync(plan with { Passphrase = Passphrase("Sm0rgas board") }, stored));
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_is_found()
    {
        byte[] plain = TestBytes.Make(200_000);
        byte[] stored = await EncryptAsync(Plan(keys.Alice), plain);
        Assert.True(OpenPgp.LooksEncrypted(stored));
        int[] places = [0, 3, 15, 60, 120, 130, stored.Length / 4, stored.Length / 2, stored.Length - 30, stored.Length - 15, stored.Length - 1];
        await using var gpg = new GnuPg(_host.Context, Plan(keys.Alice) with { PrivateKey = keys.Alice.SecretFile }, "/");
        foreach (int place in places)
        {
            byte[] damaged = [.. stored];
            damaged[place] ^= 4;
            var e = await Assert.ThrowsAsync<DrpException>(async () => await (await gpg.DecryptAsync(new MemoryStream(damaged), default)).ReadAllAsync());
            // Before the data lies the session key: there, damage and a wrong key look alike.
            Assert.Contains(e.Code, place > 200 ? [DrpError.VerificationFailed] : new[] { DrpError.VerificationFailed, DrpError.KeyOrPassphrase });
        }
    }

    [Fact]
    public async Task A_damaged_start_is_told_from_a_wrong_key_by_the_digest()
    {
        byte[] stored = await EncryptAsync(Plan(keys.Alice), TestBytes.Make(200_000));
        byte[] damaged = [.. stored];
        damaged[15] ^= 4;
        await using var gpg = new GnuPg(_host.Context, Plan(keys.Alice) with { PrivateKey = keys.Alice.SecretFile }, "/");
        var source = new DigestStream(new MemoryStream(damaged), "x", stored.Length, Digests.Of(stored));
        var e = await Assert.ThrowsAsync<DrpException>(async () => await (await gpg.DecryptAsync(source, default)).ReadAllAsync());
        Assert.Equal(DrpError.VerificationFailed, e.Code);
    }

    [Fact]
    public async Task A_stream_cut_anywhere_is_found()
    {
        byte[] stored = await EncryptAsync(Plan(keys.Alice), TestBytes.Make(200_000));
        await using var gpg = new GnuPg(_host.Context, Plan(keys.Alice) with { PrivateKey = keys.Alice.SecretFile }, "/");
        foreach (int cut in new[] { 0, 1, 50, 140, stored.Length / 2, stored.Length - 25, stored.Length - 1 })
            await Assert.ThrowsAsync<DrpException>(async () => await (await gpg.DecryptAsync(new MemoryStream(stored[..cut]), default)).ReadAllAsync());
    }

    [Fact]
    public async Task An_error_of_the_source_comes_through_and_is_not_taken_for_the_end()
    {
        byte[] stored = await EncryptAsync(Plan(keys.Alice), TestBytes.Make(2_000_000));
        await using var gpg = new GnuPg(_host.Context, Plan(keys.Alice) with { PrivateKey = keys.Alice.SecretFile }, "/");
        var stream = await gpg.DecryptAsync(new DigestStream(new MemoryStream(stored), "set", stored.Length, new string('0', 64)), default);
        var e = await Assert.ThrowsAsync<DrpException>(() => stream.ReadAllAsync());
        Assert.Equal(DrpError.VerificationFailed, e.Code);
        Assert.Contains("set", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passphrases_are_in_no_argument_no_environment_and_no_file()
    {
        var reference = new SecretReference(SecretKind.File, Path.Combine(_host.Folder, "passphrase"));
        await File.WriteAllTextAsync(reference.Target, SymmetricPassphrase);
        await using var gpg = new GnuPg(_host.Context, new EncryptionPlan { Passphrase = reference }, "/");
        await using var sink = await gpg.EncryptAsync(new MemorySink(), default);
        await sink.WriteAsync(new byte[5_000_000], default);
        byte[] needle = Encoding.UTF8.GetBytes(SymmetricPassphrase);
        string state = _host.Context.Temp.StateDirectory;
        int seen = 0;
        foreach (string process in Directory.GetDirectories("/proc").Where(p => char.IsAsciiDigit(Path.GetFileName(p)[0])))
        {
            string? line = TryRead(Path.Combine(process, "cmdline")) is { } b ? Encoding.UTF8.GetString(b) : null;
            if (line?.Contains(state, StringComparison.Ordinal) != true) continue;
            seen++;
            foreach (string file in new[] { "cmdline", "environ" }) Assert.Equal(-1, TryRead(Path.Combine(process, file)).AsSpan().IndexOf(needle));
        }

        Assert.True(seen >= 1, "gpg was not found among the processes");
        string[] files = [.. Directory.GetFiles(state, "*", SearchOption.AllDirectories)];
        Assert.NotEmpty(files);
        foreach (string file in files.Where(f => !f.Contains("pass-", StringComparison.Ordinal) && !Path.GetFileName(f).StartsWith("S.", StringComparison.Ordinal)))
            Assert.Equal(-1, TryRead(file).AsSpan().IndexOf(needle));
        await sink.CompleteAsync(default);
    }

    [Fact]
    public async Task Nothing_is_left_afterwards_neither_folder_nor_agent()
    {
        byte[] stored = await EncryptAsync(Plan(keys.Alice), TestBytes.Make(1000));
        await DecryptAsync(Plan(keys.Alice) with { PrivateKey = keys.Alice.SecretFile }, stored);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_host.Context.Temp.StateDirectory, "tmp")));
        for (int i = 0; i < 100 && CountProcesses() > 0; i++) await Task.Delay(50);
        Assert.Equal(0, CountProcesses());

        int CountProcesses() => Directory.GetDirectories("/proc").Count(p => char.IsAsciiDigit(Path.GetFileName(p)[0])
            && TryRead(Path.Combine(p, "cmdline")) is { } line && Encoding.UTF8.GetString(line).Contains(_host.Context.Temp.StateDirectory, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_key_files_the_callers_own_keys_are_used()
    {
        string? before = Environment.GetEnvironmentVariable("GNUPGHOME");
        Environment.SetEnvironmentVariable("GNUPGHOME", keys.Home);
        try
        {
            byte[] plain = TestBytes.Make(100_000);
            var plan = Plan(keys.Alice) with { PublicKeys = [], SigningKey = keys.Bob.Fingerprint };
            byte[] stored = await EncryptAsync(plan, plain);
            Assert.Equal(plain, await DecryptAsync(plan, stored));
            await using var gpg = new GnuPg(_host.Context, plan, "/");
            byte[] signature = await gpg.SignAsync(plain, default);
            await gpg.VerifyAsync(plain, signature, keys.Bob.Fingerprint, default);
        }
        finally
        {
            Environment.SetEnvironmentVariable("GNUPGHOME", before);
        }
    }

    [Fact]
    public async Task A_signature_of_a_key_that_expired_since_still_holds_one_of_a_revoked_key_does_not()
    {
        byte[] bytes = Encoding.UTF8.GetBytes("manifest");
        byte[] old = (await keys.GpgAsync(["--faked-system-time", "20190601T000000", "--local-user", keys.Expired.Fingerprint, "--detach-sign"], bytes)).Output;
        var plan = Plan(keys.Alice) with { SigningKey = keys.Expired.Fingerprint, PublicKeys = [keys.Alice.PublicFile, keys.Expired.PublicFile] };
        await using var gpg = new GnuPg(_host.Context, plan, "/");
        await gpg.VerifyAsync(bytes, old, keys.Expired.Fingerprint, default);

        byte[] compromised = keys.SignedByRevoked(bytes);
        plan = Plan(keys.Alice) with { SigningKey = keys.Revoked.Fingerprint, PublicKeys = [keys.Alice.PublicFile, keys.Revoked.PublicFile] };
        await using var other = new GnuPg(_host.Context, plan, "/");
        Assert.Equal(DrpError.VerificationFailed, (await Assert.ThrowsAsync<DrpException>(() => other.VerifyAsync(bytes, compromised, keys.Revoked.Fingerprint, default))).Code);
    }

    [Fact]
    public async Task A_signature_proves_the_bytes_and_the_pinned_key_only()
    {
        byte[] manifest = Encoding.UTF8.GetBytes("{ \"id\": 1 }\n");
        var plan = Plan(keys.Alice) with
        {
            SigningKey = keys.Protected.Fingerprint, SigningKeyFile = keys.Protected.SecretFile, SigningPassphrase = Passphrase(TestKeys.Passphrase),
            PublicKeys = [keys.Alice.PublicFile, keys.Protected.PublicFile],
        };
        await using var gpg = new GnuPg(_host.Context, plan, "/");
        byte[] signature = await gpg.SignAsync(manifest, default);
        Assert.StartsWith("-----BEGIN PGP SIGNATURE", Encoding.ASCII.GetString(signature), StringComparison.Ordinal);
        await gpg.VerifyAsync(manifest, signature, keys.Protected.Fingerprint, default);

        byte[] other = [.. manifest];
        other[3] ^= 1;
        await AssertBadAsync(() => gpg.VerifyAsync(other, signature, keys.Protected.Fingerprint, default));
        await AssertBadAsync(() => gpg.VerifyAsync(manifest, signature, keys.Alice.Fingerprint, default));
        await AssertBadAsync(() => gpg.VerifyAsync(manifest, Encoding.ASCII.GetBytes("nonsense"), keys.Protected.Fingerprint, default));

        await using var stranger = new GnuPg(_host.Context, Plan(keys.Alice), "/");
        await AssertKeyErrorAsync(() => stranger.VerifyAsync(manifest, signature, keys.Protected.Fingerprint, default));
        await using var wrong = new GnuPg(_host.Context, plan with { SigningPassphrase = Passphrase("wrong") }, "/");
        await AssertKeyErrorAsync(() => wrong.SignAsync(manifest, default));

        static async Task AssertBadAsync(Func<Task> verify) => Assert.Equal(DrpError.VerificationFailed, (await Assert.ThrowsAsync<DrpException>(verify)).Code);
    }

    private static EncryptionPlan Plan(params TestKeys.Key[] recipients) => new()
    {
        Recipients = [.. recipients.Select(r => r.Fingerprint)], PublicKeys = [.. recipients.Select(r => r.PublicFile).Distinct()],
    };

    private SecretReference Passphrase(string value)
    {
        string file = Path.Combine(_host.Folder, Guid.NewGuid().ToString("N"));
        File.WriteAllText(file, value);
        return new SecretReference(SecretKind.File, file);
    }

    private async Task<byte[]> EncryptAsync(EncryptionPlan plan, byte[] plain)
    {
        var memory = new MemorySink();
        await using var gpg = new GnuPg(_host.Context, plan, "/");
        await using var sink = await gpg.EncryptAsync(memory, default);
        await sink.WriteInPiecesAsync(plain, 99_999);
        await sink.CompleteAsync(default);
        return memory.Bytes;
    }

    private async Task<byte[]> DecryptAsync(EncryptionPlan plan, byte[] stored)
    {
        await using var gpg = new GnuPg(_host.Context, plan, "/");
        return await (await gpg.DecryptAsync(new MemoryStream(stored), default)).ReadAllAsync();
    }

    private static async Task AssertKeyErrorAsync(Func<Task> action) =>
        Assert.Equal(DrpError.KeyOrPassphrase, (await Assert.ThrowsAsync<DrpException>(action)).Code);

    private static byte[]? TryRead(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
