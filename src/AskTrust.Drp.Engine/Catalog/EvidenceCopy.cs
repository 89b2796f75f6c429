using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>One copy of the ledger, read as a whole.</summary>
internal sealed class EvidenceCopy
{
    private const int Fetches = 16;

    private EvidenceCopy(IRepository place, IReadOnlyList<EvidenceFile> files, IReadOnlyList<(string Name, string Problem)> bad)
        => (Place, Files, Bad) = (place, files, bad);

    /// <summary>The repository, or the state directory seen as one.</summary>
    public IRepository Place { get; }

    /// <summary>Good records.</summary>
    public IReadOnlyList<EvidenceFile> Files { get; }

    /// <summary>Names of records that are not what was written.</summary>
    public IReadOnlyList<(string Name, string Problem)> Bad { get; }

    /// <summary>Reads every record. Files that are no records are ignored.</summary>
    public static async Task<EvidenceCopy> ReadAsync(IRepository place, Keys keys, CancellationToken ct)
    {
        List<string> names = await NamesAsync(place, keys, ct).ConfigureAwait(false);
        EvidenceFile?[] files = new EvidenceFile?[names.Count];
        string?[] problems = new string?[names.Count];
        await Parallel.ForAsync(0, names.Count, new ParallelOptions { MaxDegreeOfParallelism = Fetches, CancellationToken = ct }, async (i, token) =>
        {
            byte[]? bytes = await place.TryGetAsync(keys.Evidence + names[i], token).ConfigureAwait(false);
            EvidenceFile? file = bytes is null ? null : EvidenceFile.Parse(bytes);
            Keys.TryEvidence(names[i], out long number);
            if (file is null)
            {
                problems[i] = bytes is null ? null : Text.Of(CatalogTexts.EvidenceChanged, number);
            }
            else if (file.Record.Sequence != number || file.Record.Product != keys.Plan)
            {
                problems[i] = Text.Of(CatalogTexts.EvidenceMisplaced, names[i]);
            }
            else
            {
                files[i] = file;
            }
        }).ConfigureAwait(false);
        return new(place, [.. files.OfType<EvidenceFile>()], [.. names.Zip(problems).Where(p => p.Second is not null).Select(p => (p.First, p.Second!))]);
    }

    /// <summary>Names of the records, in order.</summary>
    public static async Task<List<string>> NamesAsync(IRepository place, Keys keys, CancellationToken ct)
    {
        List<string> names = [];
        await foreach (StoredObject o in place.ListAsync(keys.Evidence, ct).ConfigureAwait(false))
        {
            string name = o.Key[keys.Evidence.Length..];
            if (Keys.TryEvidence(name, out _))
            {
                names.Add(name);
            }
        }

        return names;
    }

    /// <summary>Stores a record; where its number is taken by another record, under the name of a branch.</summary>
    public static async Task PutAsync(IRepository place, Keys keys, EvidenceFile file, CancellationToken ct)
    {
        try
        {
            await place.PutAsync(keys.EvidenceRecord(file.Record.Sequence), file.Bytes, ct).ConfigureAwait(false);
        }
        catch (ObjectExistsException)
        {
            await place.PutAsync(keys.EvidenceRecord(file.Record.Sequence, file.Record.Digest), file.Bytes, ct).ConfigureAwait(false);
        }
    }
}
