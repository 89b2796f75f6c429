using AskTrust.Drp.Engine.Components.Containers;
using AskTrust.Drp.Engine.Components.Redis;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Redis;

/// <summary>Writes what a set holds of a server as the files such a server reads when it starts.</summary>
internal sealed class RedisContent(ComponentSet set, PlaceShell shell)
{
    // A second name where the file system has them, else a copy.
    private const string Base = """
        set -e
        mkdir -p "$2"
        ln "$1" "$2/$3.1.base.rdb" 2>/dev/null || cp "$1" "$2/$3.1.base.rdb"
        printf 'file %s.1.base.rdb seq 1 type b\n' "$3" > "$2/$3.manifest"
        """;

    private RedisFacts Facts => set.Facts.Redis!;

    /// <summary>Everything, so that a server with these settings finds its data: where it writes append-only files it reads those when it starts, and never the RDB.</summary>
    /// <param name="folder">Where to; made.</param>
    /// <param name="ct">Cancels.</param>
    public async Task WriteAsync(string folder, CancellationToken ct)
    {
        await WriteDumpAsync(folder, ct).ConfigureAwait(false);
        string dump = $"{folder}/{Facts.DumpFile}";
        if (Facts.AppendFiles.Count > 0) await WriteAppendFilesAsync(folder, ct).ConfigureAwait(false);
        else if (Facts is { AppendOnly: true, AppendDirectory: { } name }) await shell.RunAsync(Base, ct, dump, $"{folder}/{name}", Facts.AppendFile).ConfigureAwait(false);
        // Before Redis 7 it is one file, which may begin with an RDB.
        else if (Facts.AppendOnly) await shell.RunAsync("ln \"$1\" \"$2\" 2>/dev/null || cp \"$1\" \"$2\"", ct, dump, $"{folder}/{Facts.AppendFile}").ConfigureAwait(false);
    }

    /// <summary>The RDB alone.</summary>
    public async Task WriteDumpAsync(string folder, CancellationToken ct)
    {
        await shell.RunAsync("mkdir -p -m 700 \"$1\"", ct, folder).ConfigureAwait(false);
        await WriteAsync(set.Artifacts.FirstOrDefault(a => a.Role == RdbArtifact.Rdb) ?? set.Artifact($"{set.Facts.Component}.rdb"), $"{folder}/{Facts.DumpFile}", ct).ConfigureAwait(false);
    }

    /// <summary>The append-only files alone.</summary>
    public async Task WriteAppendFilesAsync(string folder, CancellationToken ct)
    {
        string place = Facts.AppendDirectory is { } name ? $"{folder}/{name}" : folder;
        await shell.RunAsync("mkdir -p -m 700 \"$1\"", ct, place).ConfigureAwait(false);
        foreach (RedisAppendFile file in Facts.AppendFiles)
        {
            // The names come out of a manifest: nothing is written beside the folder.
            if (file.File.Contains('/', StringComparison.Ordinal) || file.File is "." or "..") throw new DrpException(DrpError.VerificationFailed, Text.Of(RedisRunTexts.BadName, file.File)) { Subject = file.File };
            await WriteAsync(set.Artifact(file.Artifact), $"{place}/{file.File}", ct).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(BackupArtifact artifact, string path, CancellationToken ct)
    {
        HostContext host = set.Context.Host;
        string activity = Text.Of(OperationsTexts.RestoringFiles, artifact.Component);
        Stream plain = await set.OpenAsync(artifact, ct).ConfigureAwait(false);
        await using var _ = plain.ConfigureAwait(false);
        await shell.WriteAsync(plain, path, bytes => host.Observer.On(new DrpProgress(activity, artifact.Name, bytes, artifact.PlainSize)), ct).ConfigureAwait(false);
        host.Observer.On(new DrpProgress(activity, artifact.Name, artifact.PlainSize, artifact.PlainSize, ProgressUnit.Bytes, Finished: true));
    }
}
