using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>A base backup with the map of relations that was recorded with it.</summary>
internal sealed record MappedBase(SetId Id, ComponentFacts Component, RelationMap Map)
{
    /// <summary>Facts of the base.</summary>
    public BaseBackupFacts Facts => Component.PostgreSql!.Base!;

    /// <summary>The server.</summary>
    public ulong System => ulong.Parse(Component.PostgreSql!.SystemIdentifier ?? "0", CultureInfo.InvariantCulture);

    /// <summary>The server, for people.</summary>
    public WalServer Server => new(System, Component.Component, Component.PostgreSql!.Major, (int)Facts.SegmentSize);
}

/// <summary>Reads the maps of relations that base backups hold.</summary>
internal sealed class MappedBases(OperationContext context, IEncryption? encryption)
{
    /// <summary>The newest base before the beginning of a range, and all after it. A server that was upgraded or made anew begins a history of its own.</summary>
    /// <param name="component">Component; null = the only one.</param>
    /// <param name="after">Beginning of the range; null = the newest base before its end. When all bases are later: the oldest.</param>
    /// <param name="before">End of the range; null = now.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>One history for each server that the range touches, at least one, oldest first; in each at least one base, oldest first.</returns>
    public async Task<IReadOnlyList<IReadOnlyList<MappedBase>>> ReadAsync(string? component, DateTimeOffset? after, DateTimeOffset? before, CancellationToken ct)
    {
        CatalogSnapshot snapshot = await new CatalogReader(context.Catalog).ReadAsync(ct).ConfigureAwait(false);
        foreach (string warning in snapshot.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        List<MappedBase> bases = [];
        // Newest first.
        foreach (CatalogSet set in SetFilter.Apply(snapshot.Sets, new BackupFilter { Kind = SetId.Base, Component = component }))
        {
            bases.Insert(0, await OpenAsync(snapshot, set, component, ct).ConfigureAwait(false));
            if (!(bases[0].Facts.Stopped > (after ?? before))) break;
        }

        if (bases.Count == 0) throw new DrpException(DrpError.RepositoryMissing, OperationsTexts.NoBase) { Subject = component, Hint = OperationsTexts.NoBaseHint };
        List<List<MappedBase>> histories = [.. bases.GroupBy(b => b.System).Select(h => h.ToList())];
        return [.. histories.Where((h, i) => i == 0 || !(h[0].Facts.Stopped >= before))];
    }

    private async Task<MappedBase> OpenAsync(CatalogSnapshot snapshot, CatalogSet set, string? component, CancellationToken ct)
    {
        IRepository from = SetChoice.Repository(context, snapshot, set, null);
        ManifestReading reading = await ManifestStore.ReadAsync(context.Catalog, from, set.Id, ct).ConfigureAwait(false);
        foreach (string warning in reading.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        string name = Selection.Component([.. reading.Manifest.Components.Select(c => c.Component)], component, set.Id.ToString());
        ComponentFacts facts = reading.Manifest.Components.Single(c => c.Component == name);
        BackupArtifact? artifact = reading.Sealed.Manifest.Artifacts.FirstOrDefault(a => a.Component == name && a.Role == "relations");
        if (facts.PostgreSql?.Base is null || artifact is null) throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.NotABase, set.Id)) { Subject = set.Set.Id };
        Stream stored = await from.OpenReadAsync(context.Catalog.Keys.File(set.Id, artifact.Name), 0, null, ct).ConfigureAwait(false);
        Stream plain = await new Unpacker(context.Host).OpenAsync(stored, artifact, encryption, ct).ConfigureAwait(false);
        await using var _ = plain.ConfigureAwait(false);
        using var memory = new MemoryStream();
        await plain.CopyToAsync(memory, ct).ConfigureAwait(false);
        RelationMap map = RelationMap.Parse(memory.ToArray()) ?? throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.NotABase, set.Id)) { Subject = set.Set.Id };
        return new MappedBase(set.Id, facts, map);
    }
}
