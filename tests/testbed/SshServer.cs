using System.Globalization;

namespace AskTrust.Drp.TestBed;

/// <summary>A real OpenSSH server on the loopback, with host and user keys of its own.</summary>
public sealed class SshServer : IAsyncDisposable
{
    private static readonly Lazy<Task<SshServer>> s_shared = new(() => StartAsync());
    private readonly TestFolder _folder = new("ssh");
    private ChildProcess? _server;

    private SshServer()
    {
    }

    /// <summary>Port.</summary>
    public int Port { get; } = FreePort.Take();

    /// <summary>Host.</summary>
    public static string Host => "127.0.0.1";

    /// <summary>User: ourselves.</summary>
    public static string User => Environment.UserName;

    /// <summary>Private key that the server lets in.</summary>
    public string IdentityFile => _folder["id"];

    /// <summary>Private key that the server does not know.</summary>
    public string StrangeIdentityFile => _folder["stranger"];

    /// <summary>known_hosts with the server's key.</summary>
    public string KnownHostsFile => _folder["known_hosts"];

    /// <summary>known_hosts with another key for the server: somebody sits between.</summary>
    public string WrongKnownHostsFile => _folder["wrong_hosts"];

    /// <summary>Folder for the files of tests.</summary>
    public string Files => _folder["files"];

    /// <summary>Process id of the server.</summary>
    public int ProcessId => _server!.Id;

    /// <summary>The one of this test process; it dies with the process.</summary>
    public static Task<SshServer> SharedAsync()
    {
        Require();
        return s_shared.Value;
    }

    /// <summary>Starts one.</summary>
    public static async Task<SshServer> StartAsync(CancellationToken ct = default)
    {
        Require();
        var server = new SshServer();
        try
        {
            await server.BootAsync(ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _folder.Dispose();
    }

    private static void Require() => Requires.Programs("sshd", "ssh", "ssh-keygen");

    private async Task BootAsync(CancellationToken ct)
    {
        foreach (string name in (string[])["hostkey", "id", "stranger"])
            await ChildProcess.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", _folder[name]], ct: ct);
        string port = Port.ToString(CultureInfo.InvariantCulture);
        _folder.Write("authorized_keys", await File.ReadAllTextAsync(_folder["id.pub"], ct));
        _folder.Write("known_hosts", $"[127.0.0.1]:{port} {await File.ReadAllTextAsync(_folder["hostkey.pub"], ct)}");
        _folder.Write("wrong_hosts", $"[127.0.0.1]:{port} {await File.ReadAllTextAsync(_folder["stranger.pub"], ct)}");
        _folder.Sub("files");
        _folder.Write("sshd_config", $"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey {_folder["hostkey"]}
            PidFile {_folder["sshd.pid"]}
            AuthorizedKeysFile {_folder["authorized_keys"]}
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            MaxStartups 100
            MaxSessions 100
            Subsystem sftp internal-sftp

            """);
        // Where sshd drops its rights when it runs as root.
        if (Environment.UserName == "root") Directory.CreateDirectory("/run/sshd");
        _server = ChildProcess.Start("sshd", ["-D", "-e", "-f", _folder["sshd_config"]]);
        await _server.WaitUntilAsync(() => ChildProcess.AcceptsAsync(Port), TimeSpan.FromSeconds(20), ct);
    }
}
