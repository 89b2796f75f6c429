using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.Files;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>
/// What the last run of a component with files left in the state directory: the indexes, in a folder of their own, and <c>last.json</c>, which says of which set they are. A host
/// that is protected by public keys cannot read them from its own backups. Killed at any moment, the older pair or the newer one stands; either is good to build on.
/// </summary>
internal sealed class FilesMemory(OperationContext context, string component)
{
    private string Folder => Path.Combine(context.Catalog.StateFolder, "files", component);

    private string File => Path.Combine(Folder, "last.json");

    /// <summary>True when there was a run that left something.</summary>
    public bool IsThere => System.IO.File.Exists(File);

    /// <summary>What it left; null when it is damaged.</summary>
    public async Task<FilesLast?> ReadAsync(CancellationToken ct)
    {
        try
        {
            FilesLast? last = JsonSerializer.Deserialize(await System.IO.File.ReadAllBytesAsync(File, ct).ConfigureAwait(false), FilesJson.Default.FilesLast);
            if (last is not { Chain: [_, ..], Folders: not null, Recipients: not null } || last.Chain.Any(l => !SetId.TryParse(l.Set, out _))) return null;
            foreach (var (index, folder) in IndexesOf(last).Zip(last.Folders))
            {
                if (await DigestAsync(index, ct).ConfigureAwait(false) != folder.Sha256) return null;
            }

            return last;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The files with the indexes.</summary>
    public IReadOnlyList<string> IndexesOf(FilesLast last) => [.. last.Folders.Select((_, place) => Path.Combine(Folder, last.Chain[^1].Set, place.ToString(CultureInfo.InvariantCulture)))];

    /// <summary>Keeps the indexes of a set that exists now, and forgets those before.</summary>
    public async Task KeepAsync(FilesSource source, SealedManifest set, IReadOnlyList<string> recipients, CancellationToken ct)
    {
        string folder = Path.Combine(Folder, set.Manifest.Id);
        Directory.CreateDirectory(folder);
        List<FilesLastFolder> folders = [];
        for (int place = 0; place < source.Plan.Paths.Count; place++)
        {
            string index = Path.Combine(folder, place.ToString(CultureInfo.InvariantCulture));
            System.IO.File.Move(source.On!.IndexOf(place), index, overwrite: true);
            folders.Add(new FilesLastFolder(source.Plan.Paths[place], await DigestAsync(index, ct).ConfigureAwait(false)));
        }

        DateTimeOffset full = source.On!.Chain.Count == 0 ? set.Manifest.Started : (await ReadHeadAsync(ct).ConfigureAwait(false))?.Full ?? DateTimeOffset.MinValue;
        var last = new FilesLast([.. source.On.Chain, new ChainLink(set.Manifest.Id, set.Sha256)], full, recipients, folders);
        string fresh = File + ".new";
        var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            await JsonSerializer.SerializeAsync(file, last, FilesJson.Default.FilesLast, ct).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

        System.IO.File.Move(fresh, File, overwrite: true);
        foreach (string old in Directory.EnumerateDirectories(Folder).Where(f => f != folder)) Directory.Delete(old, recursive: true);
    }

    /// <summary>Forgets everything: the next run saves everything.</summary>
    public void Forget()
    {
        try
        {
            System.IO.File.Delete(File);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What stands there is of an older set, and good to build on as well.
        }
    }

    private async Task<FilesLast?> ReadHeadAsync(CancellationToken ct) =>
        JsonSerializer.Deserialize(await System.IO.File.ReadAllBytesAsync(File, ct).ConfigureAwait(false), FilesJson.Default.FilesLast);

    private static async Task<string> DigestAsync(string path, CancellationToken ct)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using var _ = file.ConfigureAwait(false);
        return Convert.ToHexString(await SHA256.HashDataAsync(file, ct).ConfigureAwait(false)).ToLowerInvariant();
    }
}

/// <summary>What the next run builds on.</summary>
/// <param name="Chain">The sets, the full one first, the one of the indexes last.</param>
/// <param name="Full">When the full one began.</param>
/// <param name="Recipients">Keys the chain is encrypted to.</param>
/// <param name="Folders">The folders, in the order of the plan.</param>
internal sealed record FilesLast(IReadOnlyList<ChainLink> Chain, DateTimeOffset Full, IReadOnlyList<string> Recipients, IReadOnlyList<FilesLastFolder> Folders);

/// <summary>A folder and the digest of its index.</summary>
internal sealed record FilesLastFolder(string Path, string Sha256);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FilesLast))]
internal sealed partial class FilesJson : JsonSerializerContext;
