using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using AskTrust.Drp.Engine.Catalog;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// The server's file lists of the last base backups of a component, in the state directory: <c>SET.manifest</c>, and <c>SET.json</c>, which says what it is. The next base
/// builds on one of them, and a host that is protected by public keys cannot read them from its own backups. Killed at any moment, each set has both or does not count.
/// </summary>
internal sealed class BaseMemory(OperationContext context, string component)
{
    /// <summary>More than the newest, so that a repository that was down once does not lead to a full one.</summary>
    private const int Kept = 4;

    private const string Record = ".json", List = ".manifest";

    private string Folder => Path.Combine(context.Catalog.StateFolder, "bases", component);

    /// <summary>True when there was a run that left something.</summary>
    public bool IsThere => Records().Any();

    /// <summary>Where the file list of a set is.</summary>
    public string ListOf(BaseLast last) => Path.Combine(Folder, last.Chain[^1].Set + List);

    /// <summary>What the last runs left, newest first, without what is damaged.</summary>
    public async Task<IReadOnlyList<BaseLast>> ReadAsync(CancellationToken ct)
    {
        List<BaseLast> all = [];
        foreach (string record in Records())
        {
            try
            {
                BaseLast? last = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(record, ct).ConfigureAwait(false), BaseJson.Default.BaseLast);
                if (last is { Chain: [_, ..], Recipients: not null } && last.Chain.All(l => SetId.TryParse(l.Set, out _)) && await DigestAsync(ListOf(last), ct).ConfigureAwait(false) == last.Sha256) all.Add(last);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
            {
                // An older one may do.
            }
        }

        return all;
    }

    /// <summary>Keeps the list of a set that exists now, and forgets the oldest.</summary>
    /// <param name="list">The list; it is moved.</param>
    /// <param name="set">The set.</param>
    /// <param name="chain">What it builds on; null = nothing.</param>
    /// <param name="recipients">Keys it is encrypted to.</param>
    /// <param name="ct">Cancels.</param>
    public async Task KeepAsync(string list, SealedManifest set, IReadOnlyList<ChainLink>? chain, IReadOnlyList<string> recipients, CancellationToken ct)
    {
        Directory.CreateDirectory(Folder);
        DateTimeOffset full = chain is null ? set.Manifest.Started : (await ReadAsync(ct).ConfigureAwait(false)).FirstOrDefault(l => l.Chain[0] == chain[0])?.Full ?? DateTimeOffset.MinValue;
        var last = new BaseLast([.. chain ?? [], new ChainLink(set.Manifest.Id, set.Sha256)], full, recipients, await DigestAsync(list, ct).ConfigureAwait(false));
        File.Move(list, ListOf(last), overwrite: true);
        string record = Path.Combine(Folder, set.Manifest.Id + Record);
        var file = new FileStream(record + ".new", FileMode.Create, FileAccess.Write, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            await JsonSerializer.SerializeAsync(file, last, BaseJson.Default.BaseLast, ct).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

        File.Move(record + ".new", record, overwrite: true);
        HashSet<string> stay = [.. Records().Take(Kept).SelectMany(r => new[] { r, Path.ChangeExtension(r, List) })];
        foreach (string old in Directory.EnumerateFiles(Folder).Where(f => !stay.Contains(f))) File.Delete(old);
    }

    /// <summary>Newest first: ids order by time.</summary>
    private IEnumerable<string> Records() => Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder, "*" + Record).OrderByDescending(f => f, StringComparer.Ordinal) : [];

    private static async Task<string> DigestAsync(string path, CancellationToken ct)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using var _ = file.ConfigureAwait(false);
        return Convert.ToHexString(await SHA256.HashDataAsync(file, ct).ConfigureAwait(false)).ToLowerInvariant();
    }
}

/// <summary>A base that the next run may build on.</summary>
/// <param name="Chain">The sets, the full one first, the one of the list last.</param>
/// <param name="Full">When the full one began.</param>
/// <param name="Recipients">Keys the chain is encrypted to.</param>
/// <param name="Sha256">Digest of the server's file list.</param>
internal sealed record BaseLast(IReadOnlyList<ChainLink> Chain, DateTimeOffset Full, IReadOnlyList<string> Recipients, string Sha256);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BaseLast))]
internal sealed partial class BaseJson : JsonSerializerContext;
