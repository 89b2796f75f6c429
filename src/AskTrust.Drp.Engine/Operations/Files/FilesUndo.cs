using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>Takes a restore of folders back by renaming.</summary>
internal sealed class FilesUndo : IComponentUndo
{
    private readonly IReadOnlyList<RestoredFolder> _folders;
    private readonly string _id;
    private readonly string _lists;

    /// <summary>Examines.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="entry">What was restored.</param>
    /// <param name="id">Id of the undo, under which the restored folders stay aside.</param>
    public FilesUndo(OperationContext context, RestoreEntry entry, string id)
    {
        (_folders, _id) = (entry.Folders!, id);
        _lists = Path.Combine(context.RestoresFolder, entry.RestoreId);
        foreach (var folder in _folders)
        {
            if (folder is { Merge: null, Previous: { } kept } && !Path.Exists(kept)) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.KeptGone, kept)) { Subject = kept };
            if (!File.Exists(folder.Target)) FilesTarget.Look(folder.Target, force: true);
        }
    }

    /// <inheritdoc/>
    public string Source => string.Join(", ", _folders.Select(f => f.Previous).OfType<string>());

    /// <inheritdoc/>
    public string Target => string.Join(", ", _folders.Select(f => f.Target));

    /// <inheritdoc/>
    public IReadOnlyList<string> Steps =>
        [.. _folders.Select(f => f is { Merge: not null, Previous: { } part } ? Text.Of(OperationsTexts.StepUnmerge, f.Target, part) : f.Previous is { } kept ? Text.Of(OperationsTexts.StepSwapFolder, f.Target, kept) : Text.Of(OperationsTexts.StepPutAside, f.Target, Aside(f)))];

    /// <inheritdoc/>
    public Task<(RestoreEntry Entry, string? Aside)> RunAsync(RestoreEntry entry, Func<Task> exchangeAsync, PhaseClock phases, CancellationToken ct)
    {
        RestoredFolder[] swaps = [.. _folders.Select((f, place) => new RestoredFolder(f.Target, f.Previous ?? "", f.Merge is not null || Path.Exists(f.Target) ? Aside(f) : null, f.Merge is null ? null : Merge(f, place)))];
        foreach (var swap in swaps)
        {
            if (swap.Merge is not null || swap.Staging.Length > 0) FilesTarget.Exchange(swap);
            else if (swap.Previous is { } aside) Directory.Move(swap.Target, aside);
        }

        string[] asides = [.. swaps.Select(s => s.Previous).OfType<string>().Where(Path.Exists)];
        return Task.FromResult<(RestoreEntry, string?)>((entry with { Folders = swaps }, asides.Length > 0 ? string.Join(", ", asides) : null));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The list of what is taken back; one that a killed undo left says what was there when that began.</summary>
    private string Merge(RestoredFolder folder, int place)
    {
        string list = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_lists}.{place}.back");
        if (File.Exists(list)) return list;
        new FilesMerge(new RestoredFolder(folder.Target, folder.Previous!, Aside(folder)), list + ".new").PlanBack(folder.Merge!);
        File.Move(list + ".new", list);
        return list;
    }

    private string Aside(RestoredFolder folder) => FilesTarget.Beside(folder.Target, !File.Exists(folder.Previous ?? folder.Target), "before", _id);
}
