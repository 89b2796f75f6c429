using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>The archives of a component with files in a set.</summary>
/// <param name="Component">Its facts.</param>
/// <param name="Manifest">The manifest.</param>
/// <param name="Archives">Each folder with its archive.</param>
internal sealed record FilesSet(ComponentFacts Component, SealedManifest Manifest, IReadOnlyList<(FolderFacts Folder, BackupArtifact Artifact)> Archives)
{
    /// <summary>Looks into a set.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="id">The set.</param>
    /// <param name="repository">Where it is read from.</param>
    /// <param name="component">The component; null = the only one that fits.</param>
    /// <param name="required">False: null when the set, or the component named, is about something else.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<FilesSet?> FindAsync(OperationContext context, SetId id, IRepository repository, string? component, bool required, CancellationToken ct)
    {
        ManifestReading reading = await ManifestStore.ReadAsync(context.Catalog, repository, id, ct).ConfigureAwait(false);
        Manifest manifest = reading.Sealed.Manifest;
        ComponentFacts[] fitting = [.. manifest.Components.Where(c => component is null ? c.Files is not null : c.Component == component)];
        // Without a name a database, if there is one, is what was always tested.
        if (!required && (fitting.Length != 1 || fitting[0].Files is null || (component is null && manifest.Components.Any(c => c.PostgreSql is not null)))) return null;
        foreach (string warning in reading.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        if (fitting.Length == 0 && component is null) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoFilesIn, id)) { Subject = id.ToString(), Hint = OperationsTexts.NotFilesHint };
        string chosen = Selection.Component([.. (fitting.Length == 0 ? manifest.Components : fitting).Select(c => c.Component)], component, id.ToString());
        ComponentFacts facts = manifest.Components.Single(c => c.Component == chosen);
        if (facts.Files is null) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NotFiles, chosen, facts.Type)) { Subject = chosen, Hint = OperationsTexts.NotFilesHint };
        return new FilesSet(facts, reading.Sealed, [.. facts.Files.Folders.Select(f => (f, ArchiveOf(manifest, f, id)))]);
    }

    /// <summary>True when the artifact is the archive of that folder.</summary>
    public static bool IsArchive(BackupArtifact artifact, FolderFacts folder) =>
        artifact.Role == FolderArtifact.Files && (artifact.Name == folder.Archive || artifact.Name.StartsWith(folder.Archive + ".", StringComparison.Ordinal));

    /// <summary>Opens the plain bytes of an archive.</summary>
    public static async Task<Stream> OpenAsync(OperationContext context, SetId id, IRepository repository, BackupArtifact artifact, IEncryption? encryption, Func<Stream, Stream>? damage, CancellationToken ct)
    {
        Stream stored = await repository.OpenReadAsync(context.Catalog.Keys.File(id, artifact.Name), 0, null, ct).ConfigureAwait(false);
        return await new Unpacker(context.Host).OpenAsync(damage is null ? stored : damage(stored), artifact, encryption, ct).ConfigureAwait(false);
    }

    private static BackupArtifact ArchiveOf(Manifest manifest, FolderFacts folder, SetId id) =>
        manifest.Artifacts.FirstOrDefault(a => IsArchive(a, folder))
            ?? throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.NoArchiveOf, id, folder.Path, folder.Archive)) { Subject = folder.Archive };
}
