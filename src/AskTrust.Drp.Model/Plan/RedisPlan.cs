namespace AskTrust.Drp;

/// <summary>One Redis server, all its databases.</summary>
public sealed record RedisPlan : ComponentPlan, IContainerPlace
{
    /// <inheritdoc/>
    public override string Type => "redis";

    /// <summary><c>redis://user@host:6379</c>, <c>rediss://</c> for TLS, or <c>unix:///run/redis/redis.sock</c>; never a password. Inside a container its user counts.</summary>
    public string? Url { get; init; }

    /// <summary>Name or id of a container: the server's own programs run inside it.</summary>
    public string? Container { get; init; }

    /// <summary>Service of a Compose project: its container is found by labels.</summary>
    public string? ComposeService { get; init; }

    /// <summary>Compose project name; needed unless only one project has such a service.</summary>
    public string? ComposeProject { get; init; }

    /// <summary>Reference to the password; null = the server asks for none.</summary>
    public SecretReference? Password { get; init; }

    /// <summary>File with the certificate authority of a <c>rediss://</c> server; null = the system's.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>Data directory of the server on this machine, which a restore writes into while the server is stopped; null = the one it had when it was saved.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Also copies the append-only files, for servers whose last second counts. Default false: the RDB holds the same data at nearly the same moment.</summary>
    public bool AppendOnlyFiles { get; init; }

    /// <summary>How long to wait for the server. Default 15 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
