using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>What <c>Undo-DrpRestore</c> needs to know of a restore; one file each in the state directory, written before the target is touched.</summary>
internal sealed record RestoreEntry
{
    /// <summary>Id of the restore: its moment, sortable.</summary>
    public required string RestoreId { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Component of the plan whose connection was used.</summary>
    public required string Component { get; init; }

    /// <summary>Another server than the component's own; null = the component's.</summary>
    public string? TargetUrl { get; init; }

    /// <summary>Reference to the password of <see cref="TargetUrl"/>, as written.</summary>
    public string? TargetPassword { get; init; }

    /// <summary>Database restored into.</summary>
    public required string Database { get; init; }

    /// <summary>What was restored.</summary>
    public required string Source { get; init; }

    /// <summary>Id of the safety set; null when there was nothing to save or an override was given.</summary>
    public string? SafetyId { get; init; }

    /// <summary>Database that holds the previous content, when it was kept.</summary>
    public string? Previous { get; init; }

    /// <summary>Data directory restored into, when it was a whole cluster; <see cref="Previous"/> then is a folder too.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Folders restored, when it was a component with files; null for a database.</summary>
    public IReadOnlyList<RestoredFolder>? Folders { get; init; }

    /// <summary>Type of a component that is no database; null for a database, and for files as older versions wrote it.</summary>
    public string? Type { get; init; }

    /// <summary>What the kind of the component has to know beside that.</summary>
    public IReadOnlyDictionary<string, string>? Notes { get; init; }

    /// <summary>True once everything is extracted and folders are being exchanged.</summary>
    public bool Swapping { get; init; }

    /// <summary>Process that restores a component, so that a later run can tell whether it was killed.</summary>
    public string? Owner { get; init; }

    /// <summary>True when that process failed, and could not put back what was there: whoever comes next may.</summary>
    public bool Abandoned { get; init; }

    /// <summary>Id of the restore that this takes back; null for a restore.</summary>
    public string? Undoes { get; init; }

    /// <summary>Where lies what that puts back, while it is under way; null = nothing was there before.</summary>
    public string? Incoming { get; init; }

    /// <summary>Id of the container in whose volume the data directory is; null = on this machine.</summary>
    public string? Container { get; init; }

    /// <summary>Its name, for people.</summary>
    public string? ContainerName { get; init; }

    /// <summary>True when the data directory was overwritten: nothing was kept of what was there.</summary>
    public bool Delta { get; init; }

    /// <summary>True once the restored database is in its place.</summary>
    public bool Finished { get; init; }

    /// <summary>True when the database did not exist or was empty before: undoing means emptying it again, which is left to the operator.</summary>
    public bool WasEmpty { get; init; }

    /// <summary>When it was undone; null = never.</summary>
    public DateTimeOffset? Undone { get; init; }

    /// <summary>An id for a restore that begins now.</summary>
    public static string NewId(TimeProvider clock) => $"{clock.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}-{Guid.NewGuid().ToString("N")[..6]}";
}

/// <summary>A folder that is restored.</summary>
/// <param name="Target">Where it belongs.</param>
/// <param name="Staging">Where it is extracted, on the same file system.</param>
/// <param name="Previous">Where the previous content is kept; null when there was none.</param>
/// <param name="Merge">List of the names that are exchanged, where only some of the folder are; null = the folder as a whole is.</param>
internal sealed record RestoredFolder(string Target, string Staging, string? Previous, string? Merge = null);

/// <summary>The restores of one plan on this machine.</summary>
/// <param name="folder">Folder below the state directory; made when missing.</param>
internal sealed class RestoreJournal(string folder)
{
    /// <summary>Writes an entry, or its new state: a new file first, then the rename, so that a torn one never stands.</summary>
    public async Task WriteAsync(RestoreEntry entry, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"{entry.RestoreId}.json");
        string fresh = path + ".new";
        var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            await JsonSerializer.SerializeAsync(file, entry, JournalJson.Default.RestoreEntry, ct).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Removes an entry: the restore changed nothing.</summary>
    public void Forget(RestoreEntry entry) => File.Delete(Path.Combine(folder, $"{entry.RestoreId}.json"));

    /// <summary>Every entry, newest first.</summary>
    public async IAsyncEnumerable<RestoreEntry> AllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        if (!Directory.Exists(folder)) yield break;
        List<RestoreEntry> entries = [];
        foreach (string path in Directory.EnumerateFiles(folder, "*.json"))
        {
            var file = File.OpenRead(path);
            await using (file.ConfigureAwait(false))
            {
                if (await JsonSerializer.DeserializeAsync(file, JournalJson.Default.RestoreEntry, ct).ConfigureAwait(false) is { } entry) entries.Add(entry);
            }
        }

        // By the moment, not by the id: of two restores in one second the ids do not tell which came last.
        foreach (RestoreEntry entry in entries.OrderByDescending(e => e.Started)) yield return entry;
    }

    /// <summary>The entry of that id, or without an id the newest that changed something and was not undone; null when there is none.</summary>
    public async Task<RestoreEntry?> FindAsync(string? restoreId, CancellationToken ct)
    {
        await foreach (RestoreEntry entry in AllAsync(ct).ConfigureAwait(false))
        {
            if (restoreId is null ? entry.Finished && entry.Undone is null : entry.RestoreId == restoreId) return entry;
        }

        return null;
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestoreEntry))]
internal sealed partial class JournalJson : JsonSerializerContext;
