using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>
/// A GnuPG home: a private one of this run (0700, gone afterwards, its agent too), or the caller's own, which is only read.
/// Passphrases go through a named pipe only its reader ever sees the content of.
/// </summary>
internal sealed class GnuPgHome : IAsyncDisposable
{
    private readonly HostContext _host;
    private readonly TempFolder _folder;
    private readonly bool _own;
    private int _files;
    private bool _usesAgent;

    private GnuPgHome(HostContext host, TempFolder folder, bool own) => (_host, _folder, _own) = (host, folder, own);

    /// <summary>Makes a home.</summary>
    /// <param name="host">Processes and temp space.</param>
    /// <param name="own">True: a private home; false: the caller's own, with a private folder for pipes and status files only.</param>
    public static GnuPgHome Create(HostContext host, bool own) => new(host, host.Temp.CreateFolder("gpg", forSockets: true), own);

    /// <summary>A gpg command on this home.</summary>
    public Command Gpg(params IReadOnlyList<string> arguments) => new("gpg",
    [
        .. _own ? new[] { "--homedir", _folder.Path, "--no-options" } : [],
        "--batch", "--no-tty", "--trust-model", "always", "--no-auto-key-locate", "--disable-dirmngr", .. arguments,
    ])
    {
        // Messages in English: we hand them on only behind our own sentence, and never read them.
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LC_ALL"] = "C.UTF-8" },
    };

    /// <summary>Runs gpg and tells what it said.</summary>
    public async Task<(ProcessResult Result, GnuPgStatus Status)> RunAsync(IReadOnlyList<string> arguments, CancellationToken ct, ReadOnlyMemory<byte> input = default)
    {
        string file = NewPath("status");
        ProcessResult result = await _host.Processes.RunAsync(Gpg(["--status-file", file, .. arguments]), ct, input).ConfigureAwait(false);
        return (result, GnuPgStatus.Read(file));
    }

    /// <summary>Path of a new file in the private folder.</summary>
    public string NewPath(string name) => Path.Combine(_folder.Path, $"{name}-{Interlocked.Increment(ref _files)}");

    /// <summary>Remembers that an agent may run for this home.</summary>
    public void WillUseAgent() => _usesAgent = true;

    /// <summary>Offers a passphrase on a named pipe until disposed.</summary>
    public PassphrasePipe Offer(Secret passphrase) => new(NewPath("pass"), passphrase);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_own && _usesAgent)
        {
            using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(10), _host.Clock);
            try
            {
                await _host.Processes.RunAsync(new Command("gpgconf", "--homedir", _folder.Path, "--kill", "all"), brief.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DrpException or OperationCanceledException)
            {
                // The agent ends by itself as soon as its folder is gone.
            }
        }

        await _folder.DisposeAsync().ConfigureAwait(false);
    }
}
