using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Composition;

/// <summary>A throw-away PostgreSQL and a key pair, for <c>drp demo</c> and benchmarks: gone when disposed, or swept by the next run when we are killed.</summary>
public sealed class DemoServer : IAsyncDisposable
{
    private readonly HostContext _host;
    private readonly ThrowawayCluster _cluster;

    private DemoServer(HostContext host, ThrowawayCluster cluster)
    {
        _host = host;
        _cluster = cluster;
        var url = new Uri(cluster.DatabaseUrl("postgres"));
        Password = Uri.UnescapeDataString(url.UserInfo[(url.UserInfo.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        User = url.UserInfo[..url.UserInfo.IndexOf(':', StringComparison.Ordinal)];
        Port = url.Port;
    }

    /// <summary>Superuser.</summary>
    public string User { get; }

    /// <summary>Its password: for a file of the demonstration's own folder, never for the screen.</summary>
    public string Password { get; }

    /// <summary>Port on the loopback.</summary>
    public int Port { get; }

    /// <summary>Version of the server.</summary>
    public string Version => _cluster.Server.Version;

    /// <summary>Starts one with the newest PostgreSQL of this machine.</summary>
    /// <param name="options">State directory, observer, clock.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="replicated">Base backups can be taken of it, and its WAL received.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: no server programs here, with what to install.</exception>
    public static async Task<DemoServer> StartAsync(EngineOptions options, CancellationToken ct, bool replicated = false)
    {
        ArgumentNullException.ThrowIfNull(options);
        HostContext host = Wiring.Host(options);
        return new DemoServer(host, await ThrowawayCluster.StartAsync(host, 0, ct, replicated).ConfigureAwait(false));
    }

    /// <summary>Connection URL of a database, without the password.</summary>
    /// <param name="database">Database.</param>
    public string Url(string database) => $"postgresql://{User}@127.0.0.1:{Port}/{Uri.EscapeDataString(database)}";

    /// <summary>Runs statements.</summary>
    /// <param name="database">Database.</param>
    /// <param name="sql">Statements.</param>
    /// <param name="ct">Cancels.</param>
    public Task ExecuteAsync(string database, string sql, CancellationToken ct) => _cluster.Server.ExecuteAsync(database, sql, ct);

    /// <summary>Runs one query.</summary>
    /// <param name="database">Database.</param>
    /// <param name="sql">Query.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Rows, values as text.</returns>
    public Task<IReadOnlyList<string?[]>> QueryAsync(string database, string sql, CancellationToken ct) => _cluster.Server.QueryAsync(database, sql, ct);

    /// <summary>Makes an OpenPGP key pair in a GnuPG home of its own and writes <c>backup.asc</c> (public) and <c>private.asc</c> (0600) into a folder.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The fingerprint.</returns>
    public async Task<string> MakeKeyAsync(string folder, CancellationToken ct)
    {
        var home = _host.Temp.CreateFolder("gpg", forSockets: true);
        await using (home.ConfigureAwait(false))
        {
            try
            {
                await GpgAsync(home.Path, ct, "--passphrase", "", "--pinentry-mode", "loopback", "--quick-generate-key", "drp-backup", "default", "default", "never").ConfigureAwait(false);
                string list = await GpgAsync(home.Path, ct, "--with-colons", "--list-keys", "drp-backup").ConfigureAwait(false);
                string fingerprint = list.Split('\n').First(l => l.StartsWith("fpr:", StringComparison.Ordinal)).Split(':')[9];
                await GpgAsync(home.Path, ct, "--armor", "--output", Path.Combine(folder, "backup.asc"), "--export", fingerprint).ConfigureAwait(false);
                await GpgAsync(home.Path, ct, "--armor", "--pinentry-mode", "loopback", "--passphrase", "", "--output", Path.Combine(folder, "private.asc"), "--export-secret-keys", fingerprint).ConfigureAwait(false);
                return fingerprint;
            }
            finally
            {
                // The agent would outlive us; it has its own clock, because the run may be cancelled already.
                using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(10), _host.Clock);
                await _host.Processes.RunAsync(new Command("gpgconf", "--homedir", home.Path, "--kill", "all"), brief.Token).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private async Task<string> GpgAsync(string home, CancellationToken ct, params IReadOnlyList<string> arguments)
    {
        // The private key comes without a passphrase: it is a toy. Files that gpg writes with --output are its owner's only.
        var result = await _host.Processes.RunAsync(new Command("gpg", ["--homedir", home, "--batch", "--no-tty", "--yes", .. arguments]), ct).ConfigureAwait(false);
        return result.Ok ? result.Text : throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(HostTexts.CommandFailed, "gpg", result.ExitCode)) { Subject = "gpg", Hint = result.Errors.Trim() };
    }
}
