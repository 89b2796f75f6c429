namespace AskTrust.Drp;

/// <summary>A primary and its streaming standby. Who is which is asked of the servers, so a switch does not change the plan.</summary>
public sealed record PairPlan
{
    /// <summary>The two servers by name; empty where Patroni manages them.</summary>
    public IReadOnlyDictionary<string, PairNodePlan> Nodes { get; init; } = new Dictionary<string, PairNodePlan>(StringComparer.Ordinal);

    /// <summary>Role by which a standby streams; null = that of the primary's URL.</summary>
    public string? ReplicationUser { get; init; }

    /// <summary>Reference to its password; null = that of the primary's node.</summary>
    public SecretReference? ReplicationPassword { get; init; }

    /// <summary>Bytes the standby may be behind for a planned switch to begin. Default 16 MiB.</summary>
    public long MaximumLag { get; init; } = 16L << 20;

    /// <summary>How long each step may take: stopping, catching up, promoting, streaming. Default 1 minute.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Program and arguments that cut a server off when its machine does not answer; the node's name follows as the last one. Exit code 0 = it is cut off.</summary>
    public IReadOnlyList<string> Fence { get; init => field = Listed.Of(value); } = [];

    /// <summary>Patroni's REST API, which then does the switch; null = we do.</summary>
    public PatroniPlan? Patroni { get; init; }
}

/// <summary>One server of a pair.</summary>
public sealed record PairNodePlan
{
    /// <summary>Name in the plan.</summary>
    public required string Name { get; init; }

    /// <summary>Connection URL of a superuser, without a password. Its host and port are also those by which the other server streams from it.</summary>
    public required string Url { get; init; }

    /// <summary>Reference to the password; null = trust, peer or <c>.pgpass</c>.</summary>
    public SecretReference? Password { get; init; }

    /// <summary>Data directory on its machine.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Unit of systemd that runs it; null = <c>pg_ctl</c>.</summary>
    public string? Unit { get; init; }

    /// <summary>Its machine, when that is not ours.</summary>
    public SshPlace? Ssh { get; init; }
}

/// <summary>A machine reached by ssh.</summary>
public sealed record SshPlace
{
    /// <summary>Host.</summary>
    public required string Host { get; init; }

    /// <summary>Port. Default 22.</summary>
    public int Port { get; init; } = 22;

    /// <summary>User: root, or the one the server runs as. Null = ssh's own choice.</summary>
    public string? User { get; init; }

    /// <summary>Private key file; null = ssh's own choice.</summary>
    public string? IdentityFile { get; init; }

    /// <summary>known_hosts file; null = ssh's own. Unknown hosts are always refused.</summary>
    public string? KnownHostsFile { get; init; }
}

/// <summary>The REST API of Patroni.</summary>
public sealed record PatroniPlan
{
    /// <summary>Addresses of its members; the first that answers is asked.</summary>
    public IReadOnlyList<string> Urls { get; init => field = Listed.Of(value); } = [];

    /// <summary>User, where the API asks for one.</summary>
    public string? User { get; init; }

    /// <summary>Reference to the password.</summary>
    public SecretReference? Password { get; init; }

    /// <summary>PEM file with the CA of the API; null = the system's.</summary>
    public string? CaFile { get; init; }
}
