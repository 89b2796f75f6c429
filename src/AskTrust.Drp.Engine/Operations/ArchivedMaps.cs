using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>A map of relations.</summary>
/// <param name="Map">It.</param>
/// <param name="Of">The base it is of, or that comes before it.</param>
/// <param name="Source">Where it is from, for people.</param>
internal sealed record KnownMap(RelationMap Map, MappedBase Of, string Source);

/// <summary>Reads the maps of relations that the receiver has put beside the WAL.</summary>
internal sealed class ArchivedMaps(OperationContext context, WalArchive archive)
{
    /// <summary>The maps on a way through the WAL, each reduced to what no map before it has said.</summary>
    public async Task<IReadOnlyList<KnownMap>> ReadAsync(
        ulong system, IReadOnlyList<(uint Timeline, Lsn From)> way, Lsn from, Lsn to, int segmentSize, IReadOnlyList<MappedBase> bases, CancellationToken ct)
    {
        HashSet<WalName> names = [];
        foreach (WalListing listing in await archive.ListAsync(system, ct).ConfigureAwait(false))
            names.UnionWith(listing.Objects.Where(o => o.Name.Kind == WalKind.Map && way.Any(w => w.Timeline == o.Name.Timeline) && At(o.Name) >= from && At(o.Name) <= to).Select(o => o.Name));
        if (names.Count == 0) return [];
        TempFolder folder = context.Host.Temp.CreateFolder("maps");
        await using var _ = folder.ConfigureAwait(false);
        List<KnownMap> maps = [];
        Dictionary<(uint, uint), MappedRelation> said = [];
        foreach (WalName name in names.OrderBy(At))
        {
            string file = Path.Combine(folder.Path, name.Text);
            if (await archive.GetAsync(system, name, file, ct).ConfigureAwait(false) != WalGetOutcome.Found) continue;
            RelationMap map = RelationMap.Parse(await File.ReadAllBytesAsync(file, ct).ConfigureAwait(false))
                ?? throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.FindMapDamaged, name)) { Subject = name.Text };
            File.Delete(file);
            MappedBase before = bases.LastOrDefault(b => Lsn.Parse(b.Map.Lsn) <= At(name)) ?? bases[0];
            maps.Add(new KnownMap(map with { Databases = [.. map.Databases.Select(New)] }, before, name.Text));
        }

        return maps;

        Lsn At(WalName name) => new(name.Segment!.Start(segmentSize).Value + (ulong)name.From);

        // A partition is told again together with the table it is part of, and the other way round.
        MappedDatabase New(MappedDatabase database)
        {
            HashSet<uint> news = [.. database.Relations.Where(r => !said.TryGetValue((database.Oid, r.Oid), out MappedRelation? old) || old != r).Select(r => r.Oid)];
            foreach (MappedRelation r in database.Relations) said[(database.Oid, r.Oid)] = r;
            return database with { Relations = [.. database.Relations.Where(r => news.Contains(r.Oid) || r.Kind == "p" || (r.Of is not null && r.Kind == "r"))] };
        }
    }
}
