using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories.Local;

namespace AskTrust.Drp.Engine.Operations.Kinds;

/// <summary>Where a component is restored from when it is no repository: the folder of a set, or an archive made by anybody.</summary>
internal static class ComponentPlace
{
    /// <summary>Entries of an archive that nobody counted.</summary>
    public const long Uncounted = -1;

    /// <summary>Looks at a path.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: nothing is there, or no set. <see cref="DrpError.PlanInvalid"/>: an archive, and no component to which it could belong.</exception>
    public static async Task<ComponentSet> FindAsync(OperationContext context, string path, string? component, CancellationToken ct)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!Directory.Exists(full)) return File.Exists(full) ? OfArchive(context, full, component) : throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.FileMissing, full)) { Subject = full };
        string manifest = Path.Combine(full, Keys.Manifest);
        if (!File.Exists(manifest)) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.NoManifestIn, full)) { Subject = full, Hint = OperationsTexts.NoManifestHint };
        SealedManifest read = SealedManifest.Parse(await File.ReadAllBytesAsync(manifest, ct).ConfigureAwait(false), manifest, null);
        CatalogSet set = SetOf(context, read.Manifest);
        return (await ComponentSet.FindAsync(context, set, new SetFolder(full, read.Manifest.Id), component, required: true, ct).ConfigureAwait(false))!;
    }

    /// <summary>An archive belongs to the component named, or to the only one with files; nothing is known of what is in it.</summary>
    private static ComponentSet OfArchive(OperationContext context, string file, string? component)
    {
        FilesPlan[] fitting = [.. context.Plan.Components.Values.OfType<FilesPlan>().Where(f => component is null || f.Name == component)];
        if (fitting is not [{ Paths: [var folder] } plan]) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.ArchiveOfWhat, file)) { Subject = file, Hint = OperationsTexts.ArchiveOfWhatHint };
        var size = new FileInfo(file);
        var written = new DateTimeOffset(size.LastWriteTimeUtc, TimeSpan.Zero);
        string name = Path.GetFileName(file), zeros = new('0', 64);
        var facts = new ComponentFacts
        {
            Component = plan.Name, Type = plan.Type, Source = file,
            Files = new FilesFacts { Folders = [new FolderFacts { Archive = name, Path = folder, Entries = Uncounted, LinksOutside = long.MaxValue }] },
        };
        var artifact = new BackupArtifact { Name = name, Component = plan.Name, Role = FolderArtifact.Files, Size = size.Length, PlainSize = size.Length, Sha256 = zeros, PlainSha256 = zeros, Compression = CompressionKind.None, Encrypted = context.Plan.Encryption is not null };
        SetId id = SetId.Of(written, SetId.Full);
        var manifest = new Manifest
        {
            Id = id.ToString(), Kind = id.Kind, Plan = context.Plan.Name, Started = written, Ended = written, Seconds = 0, Size = size.Length, PlainSize = size.Length,
            Encrypted = artifact.Encrypted, Host = "", Os = "", User = "", Tool = "", Components = [facts], Artifacts = [artifact],
        };
        CatalogSet set = SetOf(context, manifest);
        return new ComponentSet(context, set with { Set = set.Set with { Id = file } }, new SetFolder(Path.GetDirectoryName(file)!, manifest.Id), SealedManifest.Seal(manifest), facts) { IsForeign = true };
    }

    private static CatalogSet SetOf(OperationContext context, Manifest m) => new(SetId.Parse(m.Id), [], new BackupSet
    {
        Plan = context.Plan.Path, Id = m.Id, Time = m.Started, Kind = m.Kind, Components = [.. m.Components.Select(c => c.Component)], Repositories = [], Size = m.Size, PlainSize = m.PlainSize,
        Duration = TimeSpan.FromSeconds(m.Seconds), Artifacts = m.Artifacts,
    });
}
