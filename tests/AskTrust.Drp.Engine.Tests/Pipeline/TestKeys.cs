using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Tests.Host;

namespace AskTrust.Drp.Engine.Tests.Pipeline;

/// <summary>OpenPGP keys made once for all tests: two good pairs, one protected by a passphrase, an expired, a revoked and a sign-only one.</summary>
public sealed class TestKeys : IAsyncLifetime
{
    private byte[] _signedByRevoked = [];
    private readonly TestHost _host = new();
    private readonly string _home = Directory.CreateTempSubdirectory("drpk-").FullName;

    /// <summary>A GnuPG home with all of them.</summary>
    internal string Home => _home;

    internal Key Alice { get; private set; } = null!;

    internal Key Bob { get; private set; } = null!;

    internal Key Protected { get; private set; } = null!;

    internal Key Expired { get; private set; } = null!;

    internal Key Revoked { get; private set; } = null!;

    internal Key SignOnly { get; private set; } = null!;

    internal const string Passphrase = "correct horse 'battery' é";

    public async Task InitializeAsync()
    {
        Alice = await MakeAsync("alice");
        Bob = await MakeAsync("bob");
        Protected = await MakeAsync("protected", passphrase: Passphrase);
        Expired = await MakeAsync("expired", expires: "20200101T000000", clock: "20190101T000000");
        Revoked = await MakeAsync("revoked", revoke: true);
        SignOnly = await MakeAsync("signonly", usage: "sign");
    }

    public async Task DisposeAsync()
    {
        await _host.Runner.RunAsync(new Command("gpgconf", "--homedir", _home, "--kill", "all"), default);
        Directory.Delete(_home, recursive: true);
        _host.Dispose();
    }

    /// <summary>A signature made over “manifest” before the key was revoked.</summary>
    internal byte[] SignedByRevoked(byte[] bytes)
    {
        Assert.Equal("manifest"u8, bytes);
        return _signedByRevoked;
    }

    internal async Task<ProcessResult> GpgAsync(string[] arguments, byte[]? input = null)
    {
        var result = await _host.Runner.RunAsync(new Command("gpg", ["--homedir", _home, "--batch", "--no-tty", "--yes", "--pinentry-mode", "loopback", .. arguments]), default, input);
        Assert.True(result.Ok, result.Errors);
        return result;
    }

    private async Task<Key> MakeAsync(string name, string expires = "never", string? clock = null, string usage = "default", string passphrase = "", bool revoke = false)
    {
        string[] time = clock is null ? [] : ["--faked-system-time", clock];
        string[] algorithm = usage == "sign" ? ["ed25519", "sign"] : ["future-default", "default"];
        var made = await GpgAsync([.. time, "--status-fd", "1", "--passphrase", passphrase, "--quick-gen-key", $"{name}@example.org", .. algorithm, expires]);
        string fingerprint = made.Text.Split('\n').Single(l => l.Contains("KEY_CREATED", StringComparison.Ordinal)).Split(' ')[3];
        if (revoke)
        {
            _signedByRevoked = (await GpgAsync(["--local-user", fingerprint, "--detach-sign"], "manifest"u8.ToArray())).Output;
            // gpg puts a colon before the certificate so that nobody imports it by mistake.
            string certificate = await File.ReadAllTextAsync(Path.Combine(_home, "openpgp-revocs.d", fingerprint + ".rev"));
            await GpgAsync(["--import"], System.Text.Encoding.UTF8.GetBytes(certificate.Replace(":-----BEGIN", "-----BEGIN", StringComparison.Ordinal)));
        }

        string publicFile = Path.Combine(_home, name + ".pub.asc");
        string secretFile = Path.Combine(_home, name + ".sec.asc");
        await GpgAsync(["--armor", "--output", publicFile, "--export", fingerprint]);
        await GpgAsync(["--armor", "--passphrase", passphrase, "--output", secretFile, "--export-secret-keys", fingerprint]);
        return new Key(fingerprint, publicFile, secretFile);
    }

    internal sealed record Key(string Fingerprint, string PublicFile, string SecretFile);
}
