using System.Text.Json;
using System.Text.Json.Serialization;
using AskTrust.Drp.Engine.Catalog;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>How far a switch is.</summary>
internal enum SwitchStage
{
    /// <summary>Decided; slots may have been made, the old primary may be on its way down.</summary>
    Begun,

    /// <summary>The old primary is fenced; nothing is promoted.</summary>
    Fenced,

    /// <summary>The number is given and the new primary is being promoted: no way back from here.</summary>
    Promoting,

    /// <summary>The new primary takes writes; the old one does not follow it yet.</summary>
    Promoted,
}

/// <summary>A switch under way: what a later run must know to go on with it or to take it back.</summary>
internal sealed record SwitchEntry
{
    /// <summary>Id: its moment.</summary>
    public required string SwitchId { get; init; }

    /// <summary>Node that was primary.</summary>
    public required string From { get; init; }

    /// <summary>Node that becomes primary.</summary>
    public required string To { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How far it is.</summary>
    public required SwitchStage Stage { get; init; }

    /// <summary>Timeline before.</summary>
    public required uint Timeline { get; init; }

    /// <summary>Loss was agreed to.</summary>
    public bool AllowDataLoss { get; init; }

    /// <summary>Reason for going on without a fence; null = none was needed.</summary>
    public string? UnfencedReason { get; init; }

    /// <summary>When the old primary was told to stop.</summary>
    public DateTimeOffset? FenceBegan { get; init; }

    /// <summary>How it was fenced; null = not yet, or not at all.</summary>
    public string? FencedBy { get; init; }

    /// <summary>Slots that were made on the new primary.</summary>
    public IReadOnlyList<string> Slots { get; init; } = [];

    /// <summary>The standby was shown to have everything.</summary>
    public bool LossFree { get; init; }

    /// <summary>Bytes known to be lost.</summary>
    public long? LossBytes { get; init; }

    /// <summary>Last commit that survived, when something may be lost.</summary>
    public DateTimeOffset? LastCommit { get; init; }

    /// <summary>Up to where the standby had the WAL.</summary>
    public Lsn? Position { get; init; }

    /// <summary>The number, once it is given.</summary>
    public PrimaryEpoch? Epoch { get; init; }

    /// <summary>When the new primary took its first write.</summary>
    public DateTimeOffset? Written { get; init; }

    /// <summary>Steps that are done.</summary>
    public IReadOnlyList<SwitchStep> Steps { get; init; } = [];
}

/// <summary>Where the primary of a component was seen last, for the day on which it cannot be asked.</summary>
/// <param name="Time">When.</param>
/// <param name="Position">Up to where it had written.</param>
internal sealed record PrimarySeen(DateTimeOffset Time, Lsn Position);

/// <summary>The switch under way of one component on this machine, and where its primary was seen last.</summary>
internal sealed class SwitchJournal(OperationContext context, string component)
{
    private readonly string _folder = Path.Combine(context.Catalog.StateFolder, "switch");

    private string Entry => Path.Combine(_folder, $"{component}.json");

    private string Seen => Path.Combine(_folder, $"{component}.seen.json");

    /// <summary>The switch that was begun and not ended; null = none.</summary>
    public Task<SwitchEntry?> ReadAsync(CancellationToken ct) => ReadAsync(Entry, SwitchJson.Default.SwitchEntry, ct);

    /// <summary>Writes how far it is, durably, before the next step.</summary>
    public Task WriteAsync(SwitchEntry entry) => WriteAsync(Entry, entry, SwitchJson.Default.SwitchEntry);

    /// <summary>It has ended.</summary>
    public void Delete() => File.Delete(Entry);

    /// <summary>Where the primary was seen last; null = never.</summary>
    public Task<PrimarySeen?> LastSeenAsync(CancellationToken ct) => ReadAsync(Seen, SwitchJson.Default.PrimarySeen, ct);

    /// <summary>Remembers where it was seen.</summary>
    public Task RememberAsync(PrimarySeen seen) => WriteAsync(Seen, seen, SwitchJson.Default.PrimarySeen);

    private static async Task<T?> ReadAsync<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken ct)
        where T : class
    {
        if (!File.Exists(path)) return null;
        var file = File.OpenRead(path);
        await using (file.ConfigureAwait(false)) return await JsonSerializer.DeserializeAsync(file, type, ct).ConfigureAwait(false);
    }

    /// <summary>A new file first, then the rename, so that a torn one never stands.</summary>
    private async Task WriteAsync<T>(string path, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        Directory.CreateDirectory(_folder);
        string fresh = path + ".new";
        var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            await JsonSerializer.SerializeAsync(file, value, type).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }
}

/// <summary>How it becomes text.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SwitchEntry))]
[JsonSerializable(typeof(PrimarySeen))]
internal sealed partial class SwitchJson : JsonSerializerContext;
