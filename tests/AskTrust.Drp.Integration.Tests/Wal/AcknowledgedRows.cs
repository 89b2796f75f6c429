using System.Globalization;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

/// <summary>A client that commits row after row and remembers each that the server has acknowledged, with the moment.</summary>
internal sealed class AcknowledgedRows : IAsyncDisposable
{
    private const string Loop = """
        DO $$
        DECLARE i bigint := (SELECT coalesce(max(n), 0) FROM acknowledged);
        BEGIN
            LOOP
                i := i + 1;
                INSERT INTO acknowledged VALUES (i, clock_timestamp());
                COMMIT;
                RAISE NOTICE 'row % %', i, extract(epoch FROM clock_timestamp());
                PERFORM pg_sleep(0.01);
            END LOOP;
        END $$
        """;

    private readonly ChildProcess _client;

    private AcknowledgedRows(ChildProcess client) => _client = client;

    /// <summary>The last row, and when the client knew.</summary>
    public (long Row, DateTimeOffset Time) Last => Before(DateTimeOffset.MaxValue);

    public static async Task<AcknowledgedRows> StartAsync(PostgreSqlCluster server)
    {
        await server.SqlAsync("CREATE TABLE IF NOT EXISTS acknowledged (n bigint PRIMARY KEY, at timestamptz NOT NULL)", "shop");
        // The bed's servers do not wait for the disk, but a commit that is acknowledged must have been written.
        return new AcknowledgedRows(ChildProcess.Start(Path.Join(PostgreSqlCluster.Bin, "psql"),
            ["-X", "-q", "-h", server.Socket, "-p", server.Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-d", "shop", "-c", "SET synchronous_commit = on", "-c", Loop]));
    }

    /// <summary>The last row that was acknowledged before a moment.</summary>
    public (long Row, DateTimeOffset Time) Before(DateTimeOffset moment)
    {
        (long, DateTimeOffset) last = default;
        foreach (string line in _client.Output.Split('\n').Where(l => l.StartsWith("NOTICE:  row ", StringComparison.Ordinal)))
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length != 4) continue;
            DateTimeOffset time = DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(double.Parse(parts[3], CultureInfo.InvariantCulture));
            if (time < moment) last = (long.Parse(parts[2], CultureInfo.InvariantCulture), time);
        }

        return last;
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
