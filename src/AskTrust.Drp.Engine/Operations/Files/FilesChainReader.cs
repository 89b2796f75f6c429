using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Files.Incremental;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>
/// Extracts a folder from a chain of sets: the index of the set asked for says of every path in which archive it is, and only that is taken out of each. Archives of
/// which nothing is meant any more are not even fetched.
/// </summary>
/// <param name="set">The set asked for.</param>
/// <param name="facts">The folder.</param>
internal sealed class FilesChainReader(ComponentSet set, FolderFacts facts)
{
    /// <summary>Extracts.</summary>
    /// <param name="folder">A folder that is there and empty.</param>
    /// <param name="include">What is meant.</param>
    /// <param name="everything">Reads every archive to its end, also where nothing of it is meant, and the list of what is gone: for proofs.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<TarTally> ExtractAsync(string folder, IncludeRules include, bool everything, CancellationToken ct)
    {
        HostContext host = set.Context.Host;
        (ComponentSet Set, FolderFacts Facts)[] chain = await ChainAsync(ct).ConfigureAwait(false);
        using TempFolder work = host.Temp.CreateFolder("index");
        var split = new IndexSplit(facts, chain.Length, work.Path);
        ZeroReader index = new(await set.OpenAsync(set.Artifact(facts.Index!), ct).ConfigureAwait(false));
        await using (index.ConfigureAwait(false)) await split.RunAsync(index, include, ct).ConfigureAwait(false);
        if (everything) await ReadGoneAsync(ct).ConfigureAwait(false);
        ChainPart[] parts = [.. chain.Select((link, place) => (link, place)).Where(p => everything || split.IsWanted(p.place)).Select(p => PartOf(p.link.Set, p.link.Facts, split.ListOf(p.place)))];
        return parts.Length == 0 ? new TarTally() : await new FilesExtraction(host).ExtractAsync(parts, folder, include, ct).ConfigureAwait(false);
    }

    /// <summary>The sets of the chain, each as it was when this one was made, itself last.</summary>
    private async Task<(ComponentSet Set, FolderFacts Facts)[]> ChainAsync(CancellationToken ct)
    {
        List<(ComponentSet, FolderFacts)> chain = [];
        foreach (ChainLink link in set.Facts.Files!.Chain!)
        {
            SetId id = SetId.Parse(link.Set);
            ManifestReading reading = await ManifestStore.ReadAsync(set.Context.Catalog, set.Repository, id, ct).ConfigureAwait(false);
            ComponentFacts? component = reading.Manifest.Components.FirstOrDefault(c => c.Component == set.Facts.Component);
            FolderFacts? before = component?.Files?.Folders.FirstOrDefault(f => f.Path == facts.Path);
            if (reading.Sealed.Sha256 != link.Manifest || before is null)
            {
                throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.ChainOther, set.Set.Id, link.Set)) { Subject = link.Set };
            }

            CatalogSet held = set.Set with { Id = id, Set = set.Set.Set with { Id = link.Set } };
            chain.Add((set with { Set = held, Manifest = reading.Sealed, Facts = component! }, before));
        }

        return [.. chain, (set, facts)];
    }

    private ChainPart PartOf(ComponentSet from, FolderFacts archive, string wanted)
    {
        BackupArtifact artifact = from.Artifact(archive.Archive);
        string activity = Text.Of(OperationsTexts.RestoringFiles, artifact.Component), item = $"{from.Set.Id}/{artifact.Name}";
        void Progress(long bytes) => set.Context.Host.Observer.On(new DrpProgress(activity, item, bytes, artifact.PlainSize, ProgressUnit.Bytes, Finished: bytes >= artifact.PlainSize));
        return new ChainPart(archive, wanted, ct => from.OpenAsync(artifact, ct), Progress);
    }

    private async Task ReadGoneAsync(CancellationToken ct)
    {
        foreach (BackupArtifact gone in set.Artifacts.Where(a => a.Role == ListArtifact.Gone))
        {
            Stream plain = await set.OpenAsync(gone, ct).ConfigureAwait(false);
            await using var _ = plain.ConfigureAwait(false);
            await plain.CopyToAsync(Stream.Null, ct).ConfigureAwait(false);
        }
    }
}
