using AskTrust.Drp.Engine.Components.PostgreSql.Archive;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>One archive of pg_dump, streamed and counted as it passes.</summary>
internal sealed class DumpArtifact(
    string name, string role, int group, long? estimatedSize, IPostgreSqlServer server, HostContext host, IReadOnlyList<string> arguments) : IArtifactSource
{
    private const string Warning = "pg_dump: warning: ";
    private readonly List<string> _warnings = [];

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => role;

    /// <inheritdoc/>
    public int Group => group;

    /// <inheritdoc/>
    public long? EstimatedSize => estimatedSize;

    /// <summary>What the archive holds; null until it was written.</summary>
    public DumpArchive? Archive { get; private set; }

    /// <summary>What pg_dump warned of, and what could not be checked.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public async Task WriteAsync(ISink plain, CancellationToken ct)
    {
        var reader = new DumpArchiveReader();
        Command command = OutputBuffer.Enlarge(host.Processes, server.Where, server.Tool("pg_dump", server.Database, arguments));
        await ProgramOutput.CopyAsync(command, "pg_dump", $"{server.Description}/{server.Database}", host, plain, reader.Feed, OnErrorLine, ct).ConfigureAwait(false);
        DumpArchive archive = reader.Finish();
        switch (archive.State)
        {
            case DumpArchiveState.Truncated or DumpArchiveState.Damaged:
                throw new DrpException(DrpError.Failed, Text.Of(PostgreSqlTexts.DumpIncomplete, $"{server.Description}/{server.Database}", archive.Problem))
                {
                    Hint = PostgreSqlTexts.DumpIncompleteHint, Subject = name,
                };
            case DumpArchiveState.Unknown:
                _warnings.Add(Text.Of(PostgreSqlTexts.DumpNotCounted, archive.Problem));
                break;
        }

        Archive = archive;
    }

    private void OnErrorLine(string line)
    {
        host.Say(DrpEventLevel.Verbose, line);
        // Of a part with data only, pg_dump says that cyclic foreign keys make it hard to restore alone; it never is.
        if (role == "dump" && line.StartsWith(Warning, StringComparison.Ordinal)) _warnings.Add(line);
    }
}
