using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>Takes a restore of folders back by renaming.</summary>
internal sealed class FilesUndo : IComponentUndo
{
    private readonly IReadOnlyList<RestoredFolder> _folders;
    private readonly string _id;

    /// <summary>Examines.</summary>
    /// <param name="folders">What was restored.</param>
    /// <param name="id">Id of the undo, under which the restored folders stay aside.</param>
    public FilesUndo(IReadOnlyList<RestoredFolder> folders, string id)
    {
        (_folders, _id) = (folders, id);
        foreach (var folder in folders)
        {
            if (folder.Previous is { } kept && !Path.Exists(kept)) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.KeptGone, kept)) { Subject = kept };
            if (!File.Exists(folder.Target)) FilesTarget.Look(folder.Target, force: true);
        }
    }

    /// <inheritdoc/>
    public string Source => string.Join(", ", _folders.Select(f => f.Previous).OfType<string>());

    /// <inheritdoc/>
    public string Target => string.Join(", ", _folders.Select(f => f.Target));

    /// <inheritdoc/>
    public IReadOnlyList<string> Steps =>
        [.. _folders.Select(f => f.Previous is { } kept ? Text.Of(OperationsTexts.StepSwapFolder, f.Target, kept) : Text.Of(OperationsTexts.StepPutAside, f.Target, Aside(f)))];

    /// <inheritdoc/>
    public Task<(RestoreEntry Entry, string? Aside)> RunAsync(RestoreEntry entry, PhaseClock phases, CancellationToken ct)
    {
        RestoredFolder[] swaps = [.. _folders.Select(f => new RestoredFolder(f.Target, f.Previous ?? "", Path.Exists(f.Target) ? Aside(f) : null))];
        foreach (var swap in swaps)
        {
            if (swap.Staging.Length > 0) FilesTarget.Swap(swap);
            else if (swap.Previous is { } aside) Directory.Move(swap.Target, aside);
        }

        string[] asides = [.. swaps.Select(s => s.Previous).OfType<string>()];
        return Task.FromResult<(RestoreEntry, string?)>((entry with { Folders = swaps }, asides.Length > 0 ? string.Join(", ", asides) : null));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string Aside(RestoredFolder folder) => FilesTarget.Beside(folder.Target, !File.Exists(folder.Previous ?? folder.Target), "before", _id);
}
