using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>The server's summaries of its WAL, from which it knows what changed since an earlier backup.</summary>
internal static class WalSummaries
{
    /// <summary>First major version that has them.</summary>
    public const int Since = 17;

    /// <summary>The setting.</summary>
    public const string Setting = "summarize_wal";

    /// <summary>Why a server cannot give an incremental backup at all; null when it can.</summary>
    public static async Task<string?> ProblemAsync(IPostgreSqlServer server, CancellationToken ct)
    {
        if (server.Major < Since) return Text.Of(PhysicalTexts.SummariesTooOld, server.Version, Since);
        string?[] row = (await server.QueryAsync(server.Database, $"SELECT pg_catalog.current_setting('{Setting}')", ct).ConfigureAwait(false))[0];
        return row[0] == "on" ? null : PhysicalTexts.SummariesOff;
    }
}
