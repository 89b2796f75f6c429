using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>Roles and tablespaces of the whole server, as SQL of <c>pg_dumpall --globals-only</c>.</summary>
internal sealed class GlobalsArtifact(string component, IPostgreSqlServer server, HostContext host, bool withPasswords) : IArtifactSource
{
    private const int LastBytes = 256;

    /// <inheritdoc/>
    public string Name => $"{component}.globals.sql";

    /// <inheritdoc/>
    public string Role => "globals";

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => null;

    /// <inheritdoc/>
    public async Task WriteAsync(ISink plain, CancellationToken ct)
    {
        byte[] last = [];
        List<string> arguments = ["--globals-only", "--no-password", "--lock-wait-timeout=300000"];
        if (!withPasswords) arguments.Add("--no-role-passwords");
        Command command = server.Tool("pg_dumpall", server.Database, arguments);
        string place = server.Description;
        await ProgramOutput.CopyAsync(command, "pg_dumpall", place, host, plain,
            piece => last = [.. last.TakeLast(LastBytes), .. piece[^Math.Min(piece.Length, LastBytes)..]],
            line => host.Say(DrpEventLevel.Verbose, line), ct).ConfigureAwait(false);
        if (last.AsSpan().IndexOf("cluster dump complete"u8) < 0)
        {
            throw new DrpException(DrpError.Failed, Text.Of(PostgreSqlTexts.DumpIncomplete, place, Name))
            {
                Hint = PostgreSqlTexts.DumpIncompleteHint, Subject = Name,
            };
        }
    }
}
