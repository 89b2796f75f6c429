using System.Text;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>Folders with files.</summary>
internal sealed class FilesKind(OperationContext context) : IComponentKind
{
    /// <summary>The type.</summary>
    public const string Name = "files";

    /// <inheritdoc/>
    public string Type => Name;

    /// <inheritdoc/>
    public string TrialPlace => "folder";

    /// <inheritdoc/>
    public void Guide(StringBuilder page, ComponentFacts facts, IReadOnlyList<BackupArtifact> artifacts) => FilesGuide.Write(page, facts, facts.Files!, artifacts);

    /// <inheritdoc/>
    public async Task<string?> LookAsync(ComponentFacts facts, BackupArtifact artifact, Stream plain, CancellationToken ct)
    {
        FolderFacts? folder = facts.Files?.Folders.FirstOrDefault(f => ComponentSet.IsNamed(artifact, f.Archive));
        return folder is null ? Host.Text.Of(OperationsTexts.NoFacts, artifact.Name) : await FilesCheck.LookAsync(folder, plain, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IComponentRestore> PrepareAsync(ComponentSet set, RestoreComponentOptions options, string restoreId, CancellationToken ct)
    {
        await GnuTar.RequireAsync(context.Host, ct).ConfigureAwait(false);
        return new FilesRestore(set, options, restoreId);
    }

    /// <summary>Everything is extracted into a throw-away folder, and what lies there is counted.</summary>
    public async Task<TrialOutcome> TryAsync(ComponentSet set, PhaseClock phases, CancellationToken ct)
    {
        await GnuTar.RequireAsync(context.Host, ct).ConfigureAwait(false);
        List<AssertionResult> assertions = [];
        foreach (FolderFacts folder in set.Facts.Files!.Folders)
        {
            TarTally found = await phases.MeasureAsync("restore", () => ExtractAsideAsync(set, folder, ct)).ConfigureAwait(false);
            assertions.Add(ComponentTest.Same(Host.Text.Of(OperationsTexts.FilesOf, folder.Path), folder.Restored().Files, found.Files));
            assertions.Add(ComponentTest.Same(Host.Text.Of(OperationsTexts.BytesOf, folder.Path), folder.Restored().Bytes, found.Bytes));
        }

        return new TrialOutcome { Assertions = assertions, Files = set.Facts.Files.Folders.Sum(f => f.Restored().Files) };
    }

    /// <inheritdoc/>
    public ComponentFacts Overstate(ComponentFacts facts)
    {
        FolderFacts first = facts.Files!.Folders[0];
        return facts with { Files = facts.Files with { Folders = [first with { Entries = first.Entries + 1, Files = first.Files + 1, Whole = first.Whole is { } whole ? whole with { Entries = whole.Entries + 1, Files = whole.Files + 1 } : null }, .. facts.Files.Folders.Skip(1)] } };
    }

    /// <inheritdoc/>
    public Task<IComponentUndo> PrepareUndoAsync(RestoreEntry entry, string undoId, CancellationToken ct) => Task.FromResult<IComponentUndo>(new FilesUndo(context, entry, undoId));

    /// <inheritdoc/>
    public Task<RestoreEntry?> SettleAsync(RestoreEntry killed, CancellationToken ct) => FilesSettle.RunAsync(context.Host, killed, ct);

    /// <summary>Extracts an archive into a folder that goes again, and counts what lay there.</summary>
    public static async Task<TarTally> ExtractAsideAsync(ComponentSet set, FolderFacts facts, CancellationToken ct)
    {
        BackupArtifact artifact = set.Artifact(facts.Archive);
        HostContext host = set.Context.Host;
        using TempFolder temp = host.Temp.CreateFolder("files");
        new FilesTarget(temp.Path, true, true).RequireRoom(FilesRestore.NeededFor(facts, artifact));
        string folder = Path.Combine(temp.Path, "restored");
        Directory.CreateDirectory(folder);
        try
        {
            return await FilesRestore.ExtractAsync(set, facts, artifact, folder, new IncludeRules([]), ct, everything: true).ConfigureAwait(false);
        }
        finally
        {
            await FilesExtraction.RemoveAsync(host, folder, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
