using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
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
}

/// <summary>Reads the maps of relations that base backups hold.</summary>
internal sealed class MappedBases(OperationContext context, IEncryption? encryption)
{
    /// <summary>The newest base before a moment, and all after it of the same server.</summary>
    /// <param name="component">Component; null = the only one.</param>
    /// <param name="after">The moment; null = now, so only the newest. When all bases are later: the oldest.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>At least one, oldest first.</returns>
    public async Task<IReadOnlyList<MappedBase>> ReadAsync(string? component, DateTimeOffset? after, CancellationToken ct)
    {
        CatalogSnapshot snapshot = await new CatalogReader(context.Catalog).ReadAsync(ct).ConfigureAwait(false);
        foreach (string warning in snapshot.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        List<MappedBase> bases = [];
        // Newest first.
        foreach (CatalogSet set in SetFilter.Apply(snapshot.Sets, new BackupFilter { Kind = SetId.Base, Component = component }))
        {
            MappedBase read = await OpenAsync(snapshot, set, component, ct).ConfigureAwait(false);
            if (bases.Count > 0 && read.System != bases[0].System) break;
            bases.Insert(0, read);
            if (after is null || read.Facts.Stopped <= after) break;
        }

        return bases.Count > 0 ? bases : throw new DrpException(DrpError.RepositoryMissing, OperationsTexts.NoBase) { Subject = component, Hint = OperationsTexts.NoBaseHint };
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
