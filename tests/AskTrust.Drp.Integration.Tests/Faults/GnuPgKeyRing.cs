using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>Makes OpenPGP key pairs in a home of its own.</summary>
internal sealed class GnuPgKeyRing : IAsyncDisposable
{
    private readonly TestFolder _folder = new("k");

    /// <summary>The home: whoever uses it can read what was encrypted to the keys made here.</summary>
    public string Home => _folder.Path;

    /// <summary>A pair: fingerprint, public and private file.</summary>
    public async Task<(string Fingerprint, string Public, string Private)> MakeAsync(string name, string passphrase = "", string expires = "never", string? clock = null)
    {
        string[] time = clock is null ? [] : ["--faked-system-time", clock];
        await GpgAsync([.. time, "--passphrase", passphrase, "--quick-gen-key", $"{name}@example.org", "future-default", "default", expires]);
        string list = await GpgAsync(["--with-colons", "--list-keys", $"{name}@example.org"]);
        string fingerprint = list.Split('\n').First(l => l.StartsWith("fpr:", StringComparison.Ordinal)).Split(':')[9];
        string shown = _folder[name + ".asc"], secret = _folder[name + ".private.asc"];
        await GpgAsync(["--armor", "--output", shown, "--export", fingerprint]);
        await GpgAsync(["--armor", "--passphrase", passphrase, "--output", secret, "--export-secret-keys", fingerprint]);
        return (fingerprint, shown, secret);
    }

    public async ValueTask DisposeAsync()
    {
        await ChildProcess.RunAsync("gpgconf", ["--homedir", _folder.Path, "--kill", "all"]);
        _folder.Dispose();
    }

    private Task<string> GpgAsync(string[] arguments) =>
        ChildProcess.RunAsync("gpg", ["--homedir", _folder.Path, "--batch", "--no-tty", "--yes", "--pinentry-mode", "loopback", .. arguments]);
}
