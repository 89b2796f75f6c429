using System.Text.Json;
using System.Text.Json.Serialization;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>One component in a restore of everything, as remembered.</summary>
internal sealed record SystemPartEntry
{
    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>Set it comes from.</summary>
    public required string SetId { get; init; }

    /// <summary>True from when its restore began.</summary>
    public bool Begun { get; init; }

    /// <summary>Id of its restore; null until it ended well.</summary>
    public string? RestoreId { get; init; }

    /// <summary>Safety set of it.</summary>
    public string? SafetyId { get; init; }
}

/// <summary>A restore of everything: where it stands, written before each step, so that a run that was killed can be gone on with or taken back.</summary>
internal sealed record SystemEntry
{
    /// <summary>Its id: its moment.</summary>
    public required string SystemId { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>What was asked.</summary>
    public required SystemRestoreOptions Options { get; init; }

    /// <summary>Compose project; null = none.</summary>
    public string? Project { get; init; }

    /// <summary>True when it put the site into maintenance mode, and has to take it out again.</summary>
    public bool Maintenance { get; init; }

    /// <summary>Services that ran before it.</summary>
    public IReadOnlyList<string> Ran { get; init; } = [];

    /// <summary>What it does now, for people.</summary>
    public string Step { get; init; } = "";

    /// <summary>Each component, in the order in which they are restored.</summary>
    public IReadOnlyList<SystemPartEntry> Parts { get; init; } = [];

    /// <summary>True once every component is restored.</summary>
    public bool Restored { get; init; }

    /// <summary>True once nothing is left to do: it ended well, or was taken back.</summary>
    public bool Settled { get; init; }

    /// <summary>When it was taken back; null = never.</summary>
    public DateTimeOffset? Undone { get; init; }
}

/// <summary>The restores of everything of one plan on this machine; one file each.</summary>
internal sealed class SystemJournal(string folder)
{
    /// <summary>Writes an entry, or its new state: a new file first, then the rename, so that a torn one never stands.</summary>
    public async Task WriteAsync(SystemEntry entry)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"{entry.SystemId}.json"), fresh = path + ".new";
        var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            await JsonSerializer.SerializeAsync(file, entry, SystemJson.Default.SystemEntry).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>The entry of that id; without one the newest that fits. Null when there is none.</summary>
    public async Task<SystemEntry?> FindAsync(string? id, Func<SystemEntry, bool> fits, CancellationToken ct)
    {
        if (!Directory.Exists(folder)) return null;
        List<SystemEntry> found = [];
        foreach (string path in Directory.EnumerateFiles(folder, "*.json"))
        {
            var file = File.OpenRead(path);
            await using var _ = file.ConfigureAwait(false);
            if (await JsonSerializer.DeserializeAsync(file, SystemJson.Default.SystemEntry, ct).ConfigureAwait(false) is { } entry && (id is null ? fits(entry) : entry.SystemId == id)) found.Add(entry);
        }

        return found.MaxBy(e => e.Started);
    }

    /// <summary>The one that was begun and is neither ended nor taken back. Whoever asks holds the lock: so it was cut off.</summary>
    public Task<SystemEntry?> CutOffAsync(CancellationToken ct) => FindAsync(null, e => !e.Settled, ct);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SystemEntry))]
internal sealed partial class SystemJson : JsonSerializerContext;
