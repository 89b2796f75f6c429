using System.Text;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Operations.Files;
using AskTrust.Drp.Engine.Operations.Kinds;
using AskTrust.Drp.Engine.Operations.Private;

namespace AskTrust.Drp.Engine.Operations.Volumes;

/// <summary>Docker volumes.</summary>
internal sealed class VolumeKind(OperationContext context) : IComponentKind
{
    /// <summary>The type.</summary>
    public const string Name = "volume";

    /// <inheritdoc/>
    public string Type => Name;

    /// <inheritdoc/>
    public string TrialPlace => "folder";

    /// <inheritdoc/>
    public void Guide(StringBuilder page, ComponentFacts facts, IReadOnlyList<BackupArtifact> artifacts)
    {
        VolumeFacts volume = facts.Volume!;
        string name = RestoreGuide.Shell(volume.Folder.Path);
        page.Append($"\n## {facts.Component} (Docker volume {volume.Folder.Path})\n\n");
        page.Append($"{volume.Folder.Files} files / *fichiers*, {volume.Folder.Bytes} bytes / *octets*. Any image with tar does in place of `{volume.Image}`; nothing may run with the volume meanwhile.\n");
        page.Append("*Toute image contenant tar convient ; rien ne doit utiliser le volume pendant ce temps.*\n\n```sh\n");
        page.Append($"docker volume create {string.Concat(volume.Labels.Select(l => $"--label {RestoreGuide.Shell($"{l.Key}={l.Value}")} "))}{name}\n");
        foreach (var artifact in artifacts)
            page.Append($"{RestoreGuide.Plain(artifact)} | docker run --rm -i --network none --user 0 -v {name}:/v --entrypoint tar {RestoreGuide.Shell(volume.Image)} -x -p --numeric-owner -f - -C /v\n");
        page.Append("```\n");
    }

    /// <inheritdoc/>
    public Task<string?> LookAsync(ComponentFacts facts, BackupArtifact artifact, Stream plain, CancellationToken ct) => FilesCheck.LookAsync(facts.Volume!.Folder, plain, ct);

    /// <inheritdoc/>
    public async Task<IComponentRestore> PrepareAsync(ComponentSet set, RestoreComponentOptions options, string restoreId, CancellationToken ct)
    {
        if (options.Include.Count > 0 && options.Destination is null) throw new DrpException(DrpError.PlanInvalid, VolumeRunTexts.IncludeInPlace) { Hint = VolumeRunTexts.IncludeInPlaceHint };
        return await VolumeRestore.PrepareAsync(set, options, restoreId, ct).ConfigureAwait(false);
    }

    /// <summary>Its archive is extracted like that of any folder, here: that needs neither the engine nor the image.</summary>
    public async Task<TrialOutcome> TryAsync(ComponentSet set, PhaseClock phases, CancellationToken ct)
    {
        FolderFacts folder = set.Facts.Volume!.Folder;
        await GnuTar.RequireAsync(context.Host, ct).ConfigureAwait(false);
        TarTally found = await phases.MeasureAsync("restore", () => FilesKind.ExtractAsideAsync(set, folder, ct)).ConfigureAwait(false);
        var outcome = new TrialOutcome
        {
            Files = folder.Files,
            Assertions = [ComponentTest.Same(Host.Text.Of(OperationsTexts.FilesOf, folder.Path), folder.Files, found.Files), ComponentTest.Same(Host.Text.Of(OperationsTexts.BytesOf, folder.Path), folder.Bytes, found.Bytes)],
        };
        // The plan may no longer say where they lie; then they are looked for everywhere.
        IReadOnlyList<string> places = context.Plan.Components.GetValueOrDefault(set.Facts.Component) is VolumePlan { Certificates: { Count: > 0 } known } ? known : ["/"];
        return await ComponentCertificates.TryAsync(outcome, set, folder, places, phases, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ComponentFacts Overstate(ComponentFacts facts)
    {
        FolderFacts folder = facts.Volume!.Folder;
        return facts with { Volume = facts.Volume with { Folder = folder with { Entries = folder.Entries + 1, Files = folder.Files + 1 } } };
    }

    /// <inheritdoc/>
    public async Task<IComponentUndo> PrepareUndoAsync(RestoreEntry entry, string undoId, CancellationToken ct) =>
        await VolumeUndo.PrepareAsync(await VolumePlace.OfAsync(context, entry, ct).ConfigureAwait(false), entry, undoId, ct).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<RestoreEntry?> SettleAsync(RestoreEntry killed, CancellationToken ct) => VolumeUndo.SettleAsync(context, killed, ct);
}
