namespace AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;

/// <summary>Settings for a server that is loaded once and thrown away: nothing is made safe against a crash.</summary>
internal static class ThrowawaySettings
{
    private const long MiB = 1024 * 1024;

    /// <summary>For every throw-away server.</summary>
    public static IReadOnlyList<string> Common =>
    [
        "fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off", "jit=off",
        "max_wal_size=2GB", "checkpoint_timeout=1h", "bgwriter_lru_maxpages=0",
    ];

    /// <summary>For a cluster on this machine.</summary>
    /// <param name="port">Port on the loopback and of the socket.</param>
    /// <param name="socketFolder">Folder of the socket; empty = none.</param>
    /// <param name="replicated">Its WAL can be received.</param>
    public static IReadOnlyList<string> ForCluster(int port, string socketFolder, bool replicated)
    {
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return
        [
            .. Common, "listen_addresses=127.0.0.1", $"port={port}", $"unix_socket_directories={socketFolder}", "unix_socket_permissions=0700",
            $"shared_buffers={Math.Clamp(memory / 8 / MiB, 64, 1024)}MB", "lc_messages=C", "logging_collector=off", "log_min_messages=fatal",
            // Of two settings of one name the last counts.
            .. replicated ? ["wal_level=replica", "max_wal_senders=5"] : Array.Empty<string>(),
        ];
    }
}
