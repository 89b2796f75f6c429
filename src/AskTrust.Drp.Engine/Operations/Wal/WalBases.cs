using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Reads the base backups of a component in one repository.</summary>
internal static class WalBases
{
    /// <summary>Bases that are whole, oldest first.</summary>
    /// <exception cref="DrpException">A base cannot be read: what WAL it needs is not known.</exception>
    public static async Task<IReadOnlyList<WalBase>> ReadAsync(CatalogContext catalog, RepositorySnapshot repository, string component, CancellationToken ct)
    {
        List<WalBase> bases = [];
        foreach (StoredSet set in repository.Sets.Where(s => s.Id.Kind == SetId.Base && s.State != SetState.Incomplete))
        {
            if (set.State == SetState.Unreadable) throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.WalBaseUnread, repository.Repository.Name, set.Id)) { Subject = set.Id.ToString() };
            if (set.State != SetState.Complete) continue;
            ManifestReading reading = await ManifestStore.ReadAsync(catalog, repository.Repository, set.Id, ct).ConfigureAwait(false);
            if (reading.Manifest.Components.FirstOrDefault(c => c.Component == component)?.PostgreSql is not { Base: { } held, SystemIdentifier: { } system }) continue;
            bases.Add(new WalBase(set.Id.ToString(), ulong.Parse(system, CultureInfo.InvariantCulture), held.Timeline, Lsn.Parse(held.StartLsn), Lsn.Parse(held.StopLsn), held.Stopped));
        }

        return [.. bases.OrderBy(b => b.Stopped)];
    }
}
