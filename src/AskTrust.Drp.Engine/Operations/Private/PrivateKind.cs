using System.Text;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Operations.Files;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Private;

/// <summary>Files with secrets, each kept under its own path: configuration, certificates, Compose projects. Their archive is that of files; only in place they go back one by one.</summary>
/// <param name="context">The plan.</param>
/// <param name="type">The type.</param>
internal sealed class PrivateKind(OperationContext context, string type) : IComponentKind
{
    /// <summary>The types.</summary>
    public const string Config = "config", Certificates = "certificates", Compose = "compose";

    private readonly FilesKind _files = new(context);

    /// <inheritdoc/>
    public string Type => type;

    /// <inheritdoc/>
    public string TrialPlace => _files.TrialPlace;

    /// <inheritdoc/>
    public void Guide(StringBuilder page, ComponentFacts facts, IReadOnlyList<BackupArtifact> artifacts)
    {
        _files.Guide(page, facts, artifacts);
        if (facts.Compose?.ImageArchive is not { } name || artifacts.FirstOrDefault(a => ComponentSet.IsNamed(a, name)) is not { } images) return;
        page.Append($"\nImages:\n\n```sh\n{RestoreGuide.Plain(images)} | docker load\n```\n");
    }

    /// <inheritdoc/>
    public async Task<string?> LookAsync(ComponentFacts facts, BackupArtifact artifact, Stream plain, CancellationToken ct)
    {
        if (facts.Compose?.ImageArchive is not { } name || !ComponentSet.IsNamed(artifact, name)) return await _files.LookAsync(facts, artifact, plain, ct).ConfigureAwait(false);
        // At the end of the stream its digests are compared; what is inside only an engine knows.
        await plain.CopyToAsync(Stream.Null, ct).ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc/>
    public async Task<IComponentRestore> PrepareAsync(ComponentSet set, RestoreComponentOptions options, string restoreId, CancellationToken ct)
    {
        if (options.Destination is not null) return await _files.PrepareAsync(set, options, restoreId, ct).ConfigureAwait(false);
        await GnuTar.RequireAsync(context.Host, ct).ConfigureAwait(false);
        return await PrivateRestore.PrepareAsync(set, options, restoreId, ct).ConfigureAwait(false);
    }

    /// <summary>Extracts everything into a throw-away folder, counts, and reads the certificates that lie there.</summary>
    public async Task<TrialOutcome> TryAsync(ComponentSet set, PhaseClock phases, CancellationToken ct)
    {
        TrialOutcome outcome = await _files.TryAsync(set, phases, ct).ConfigureAwait(false);
        return await ComponentCertificates.TryAsync(outcome, set, set.Facts.Files!.Folders[0], [.. (set.Facts.Kept ?? []).Select(k => k.Path)], phases, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ComponentFacts Overstate(ComponentFacts facts) => _files.Overstate(facts);

    /// <inheritdoc/>
    public Task<IComponentUndo> PrepareUndoAsync(RestoreEntry entry, string undoId, CancellationToken ct) => _files.PrepareUndoAsync(entry, undoId, ct);

    /// <inheritdoc/>
    public Task<RestoreEntry?> SettleAsync(RestoreEntry killed, CancellationToken ct) => _files.SettleAsync(killed, ct);
}
