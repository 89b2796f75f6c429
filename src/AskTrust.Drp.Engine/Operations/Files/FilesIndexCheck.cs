using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Files.Incremental;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>
/// Verifies one link of a chain: its archive holds what its index takes from it, and what the index takes from earlier archives is what the index before took from
/// there. When that holds of each link, every path of the last index is in its archive; a restore need not be tried to know it.
/// </summary>
internal sealed class FilesIndexCheck(OperationContext context, IRepository repository, Manifest manifest, ComponentFacts component, IEncryption? encryption)
{
    private int Places => (component.Files!.Chain?.Count ?? 0) + 1;

    /// <summary>True when the artifact belongs to a folder with an index.</summary>
    public bool Knows(BackupArtifact artifact) => FolderOf(artifact)?.Index is not null;

    /// <summary>Looks.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public async Task<string?> LookAsync(BackupArtifact artifact, Stream plain, CancellationToken ct)
    {
        FolderFacts folder = FolderOf(artifact)!;
        try
        {
            switch (artifact.Role)
            {
                case ListArtifact.Gone: return await GoneAsync(artifact, plain, ct).ConfigureAwait(false);
                case ListArtifact.Index: return await IndexAsync(folder, plain, ct).ConfigureAwait(false);
                default: return await ArchiveAsync(folder, plain, ct).ConfigureAwait(false);
            }
        }
        catch (DrpException e) when (e.Code == DrpError.VerificationFailed)
        {
            return e.Message;
        }
        catch (InvalidDataException)
        {
            return Text.Of(FilesTexts.BadIndex, artifact.Name);
        }
    }

    private FolderFacts? FolderOf(BackupArtifact artifact) => component.Files?.Folders.FirstOrDefault(f =>
        ComponentSet.IsNamed(artifact, f.Archive) || (f.Index is { } index && ComponentSet.IsNamed(artifact, index)) || (artifact.Role == ListArtifact.Gone && ComponentSet.IsNamed(artifact, Path.ChangeExtension(f.Archive, ".gone"))));

    private async Task<string?> ArchiveAsync(FolderFacts folder, Stream plain, CancellationToken ct)
    {
        using TempFolder work = context.Host.Temp.CreateFolder("index");
        var split = new IndexSplit(folder, Places, work.Path);
        ZeroReader index = await OpenAsync(manifest, folder, ct).ConfigureAwait(false);
        await using (index.ConfigureAwait(false)) await split.RunAsync(index, new IncludeRules([]), ct).ConfigureAwait(false);
        using var part = new WantedPart(new ZeroReader(File.OpenRead(split.ListOf(Places - 1))), isLast: true, []);
        return await FilesCheck.LookAsync(folder, plain, ct, part).ConfigureAwait(false);
    }

    private async Task<string?> IndexAsync(FolderFacts folder, Stream plain, CancellationToken ct)
    {
        var check = new IndexCheck(folder, Places);
        // The caller closes the stream.
        ZeroReader index = new(plain);
        await check.BeginAsync(index, ct).ConfigureAwait(false);
        if (component.Files!.Chain is not [.., var last])
        {
            while (await check.MoveAsync(index, ct).ConfigureAwait(false)) continue;
            check.RequireWhole();
            return null;
        }

        ManifestReading before = await ManifestStore.ReadUnsignedAsync(context.Catalog, repository, SetId.Parse(last.Set), ct).ConfigureAwait(false);
        FolderFacts? earlier = before.Manifest.Components.FirstOrDefault(c => c.Component == component.Component)?.Files?.Folders.FirstOrDefault(f => f.Path == folder.Path);
        if (earlier?.Index is null || before.Sealed.Sha256 != last.Manifest) return Text.Of(OperationsTexts.ChainOther, manifest.Id, last.Set);
        ZeroReader old = await OpenAsync(before.Manifest, earlier, ct).ConfigureAwait(false);
        await using var _ = old.ConfigureAwait(false);
        string? wrong = null;
        await old.MoveAsync(ct).ConfigureAwait(false);
        bool more = await old.MoveAsync(ct).ConfigureAwait(false);
        while (await check.MoveAsync(index, ct).ConfigureAwait(false))
        {
            while (more && Order(old, index) < 0) more = await old.MoveAsync(ct).ConfigureAwait(false);
            if (IndexEntry.Read(index.Current.Span).Place == Places - 1 || (more && old.Current.Span.SequenceEqual(index.Current.Span))) continue;
            wrong ??= Text.Of(FilesTexts.IndexNotBefore, folder.Index, TarNames.Show(IndexEntry.Read(index.Current.Span).Path));
        }

        check.RequireWhole();
        return wrong;
    }

    /// <summary>People delete by this list when they restore without us: nothing on it may lead anywhere else.</summary>
    private static async Task<string?> GoneAsync(BackupArtifact artifact, Stream plain, CancellationToken ct)
    {
        ZeroReader paths = new(plain);
        while (await paths.MoveAsync(ct).ConfigureAwait(false))
        {
            if (!paths.Current.Span.StartsWith("./"u8) || paths.Current.Length == 2 || !TarNames.StaysInside(paths.Current.Span[2..])) return Text.Of(FilesTexts.BadIndex, artifact.Name);
        }

        return null;
    }

    private static int Order(ZeroReader old, ZeroReader now) => IndexEntry.Read(old.Current.Span).Path.SequenceCompareTo(IndexEntry.Read(now.Current.Span).Path);

    private async Task<ZeroReader> OpenAsync(Manifest of, FolderFacts folder, CancellationToken ct)
    {
        BackupArtifact artifact = of.Artifacts.FirstOrDefault(a => a.Component == component.Component && ComponentSet.IsNamed(a, folder.Index!))
            ?? throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.LacksArtifact, of.Id, folder.Index)) { Subject = folder.Index };
        Stream stored = await repository.OpenReadAsync(context.Catalog.Keys.File(SetId.Parse(of.Id), artifact.Name), 0, null, ct).ConfigureAwait(false);
        return new ZeroReader(await new Unpacker(context.Host).OpenAsync(stored, artifact, encryption, ct).ConfigureAwait(false));
    }
}
