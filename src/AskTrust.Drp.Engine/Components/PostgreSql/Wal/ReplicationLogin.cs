using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Wal;

/// <summary>How a replication connection went.</summary>
internal enum LoginOutcome
{
    /// <summary>It was let in.</summary>
    In,

    /// <summary><c>pg_hba.conf</c> has no line for it, or one that rejects it.</summary>
    NoRule,

    /// <summary>It was let in, but something else stops replication: the privilege, the number of senders.</summary>
    Later,

    /// <summary>Another refusal: password, network, no program.</summary>
    Refused,
}

/// <summary>Tries a real replication connection, from where the receiver would come.</summary>
internal static class ReplicationLogin
{
    private static readonly string[] s_noRule = ["no pg_hba.conf entry", "pg_hba.conf rejects"];

    /// <summary>What the server says after the login, from 15 on and before.</summary>
    private static readonly string[] s_later = ["must be superuser or replication role", "permission denied to start WAL sender", "exceeds max_wal_senders", "too many clients", "remaining connection slots"];

    /// <summary>Tries it.</summary>
    public static async Task<(LoginOutcome Outcome, string Said)> TryAsync(WalSource source, HostContext host, CancellationToken ct)
    {
        string[] arguments = ["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--dbname=replication=true", "--command=IDENTIFY_SYSTEM"];
        try
        {
            ProcessResult result = await host.Processes.RunAsync(source.Beside("psql", $"drp-try-{Guid.NewGuid():N}"[..20], [], arguments) with { Timeout = TimeSpan.FromSeconds(60) }, ct).ConfigureAwait(false);
            string said = result.Errors.Trim().ReplaceLineEndings(" ");
            return result.Ok ? (LoginOutcome.In, "")
                : s_noRule.Any(w => said.Contains(w, StringComparison.Ordinal)) ? (LoginOutcome.NoRule, said)
                : s_later.Any(w => said.Contains(w, StringComparison.Ordinal)) ? (LoginOutcome.Later, said)
                : (LoginOutcome.Refused, said);
        }
        catch (DrpException e)
        {
            return (LoginOutcome.Refused, e.Message);
        }
    }
}
