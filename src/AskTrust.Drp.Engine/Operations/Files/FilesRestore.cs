using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>
/// Restores folders: extract beside → count → exchange. Until the last step the target is as it was, also when the run is killed; after it the previous content lies beside.
/// </summary>
internal sealed class FilesRestore : IComponentRestore
{
    private readonly ComponentSet _set;
    private readonly RestoreComponentOptions _options;
    private readonly (FolderFacts Facts, BackupArtifact Artifact)[] _archives;
    private readonly RestoredFolder[] _folders;
    private readonly List<string> _warnings = [];

    /// <summary>Examines the targets.</summary>
    public FilesRestore(ComponentSet set, RestoreComponentOptions options, string restoreId)
    {
        (_set, _options) = (set, options);
        _archives = [.. set.Facts.Files!.Folders.Select(f => (f, set.Artifact(f.Archive)))];
        FilesTarget[] targets = [.. _archives.Select(a => FilesTarget.Look(PlaceOf(a.Facts), options.Force || options.DryRun))];
        if (options.Include.Count == 0) foreach (var (target, archive) in targets.Zip(_archives)) target.RequireRoom(NeededFor(archive.Facts, archive.Artifact));
        _folders = [.. targets.Select((t, place) => Selected(t.Plan(restoreId), place, restoreId))];
        ReplacesNothing = targets.All(t => t.IsEmpty);
        if (!FilesExtraction.KeepsOwners) _warnings.Add(OperationsTexts.OwnersStay);
        if (_archives.Sum(a => a.Facts.Restored().LinksOutside) is > 0 and < long.MaxValue and var links) _warnings.Add(Text.Of(OperationsTexts.LinksLeadOut, links));
    }

    /// <inheritdoc/>
    public string Target => string.Join(", ", _folders.Select(f => f.Target));

    /// <inheritdoc/>
    public bool ReplacesNothing { get; }

    /// <inheritdoc/>
    public bool IsElsewhere => _options.Destination is not null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public IReadOnlyList<string> Steps
    {
        get
        {
            List<string> steps = [];
            foreach (var ((facts, _), folder) in _archives.Zip(_folders))
            {
                if (facts.Entries < 0) steps.Add(Text.Of(OperationsTexts.StepExtractForeign, _set.Set.Set.Id, folder.Target));
                else steps.Add(Text.Of(OperationsTexts.StepExtractFiles, _set.Set.Set.Id, facts.Archive, facts.Restored().Files, SpaceCheck.Size(facts.Restored().Bytes), folder.Target));
                if (_set.Facts.Files!.Chain is { } chain) steps.AddRange(chain.Select(l => Text.Of(OperationsTexts.StepChain, l.Set)));
                if (_options.Include.Count > 0) steps.Add(Text.Of(OperationsTexts.StepInclude, string.Join(", ", _options.Include)));
                if (folder is { Merge: not null, Previous: { } kept }) steps.Add(Text.Of(_options.Force ? OperationsTexts.StepMerge : OperationsTexts.StepMergeForce, folder.Target, kept));
                else if (folder.Previous is { } aside) steps.Add(Text.Of(_options.Force ? OperationsTexts.StepAside : OperationsTexts.StepAsideForce, folder.Target, aside));
            }

            return steps;
        }
    }

    /// <inheritdoc/>
    public RestoreEntry Describe(RestoreEntry entry) => entry with { Folders = _folders };

    /// <inheritdoc/>
    public async Task<RestoreOutcome> RunAsync(Func<Task> exchangeAsync, PhaseClock phases, CancellationToken ct)
    {
        TarTally[] restored = await phases.MeasureAsync("restore", () => ExtractAllAsync(ct)).ConfigureAwait(false);
        if (_options.Include.Count > 0 && restored.Sum(r => r.Entries) == 0)
            throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.NothingFits, _set.Set.Set.Id, string.Join(", ", _options.Include))) { Hint = OperationsTexts.NothingFitsHint };
        foreach (var folder in _folders.Where(f => f.Merge is not null))
        {
            Directory.CreateDirectory(_set.Context.RestoresFolder);
            await new FilesMerge(folder, folder.Merge!).PlanAsync(_set.Context.Host, ct).ConfigureAwait(false);
        }

        await exchangeAsync().ConfigureAwait(false);
        await phases.MeasureAsync("swap", () => FilesTarget.SwapAllAsync(_folders)).ConfigureAwait(false);
        await ClearAsync(CancellationToken.None).ConfigureAwait(false);
        string[] aside = [.. _folders.Select(f => f.Previous).OfType<string>().Where(Path.Exists)];
        return new RestoreOutcome { Files = restored.Sum(r => r.Files), Bytes = restored.Sum(r => r.Bytes), Previous = aside.Length > 0 ? string.Join(", ", aside) : null };
    }

    /// <inheritdoc/>
    public async Task TakeBackAsync(CancellationToken ct)
    {
        await ClearAsync(ct).ConfigureAwait(false);
        foreach (var folder in _folders.Where(f => f.Merge is not null)) File.Delete(folder.Merge!);
    }

    /// <summary>Extracts the archive of one folder into a folder that is there and empty, telling how far it is.</summary>
    public static async Task<TarTally> ExtractAsync(ComponentSet set, FolderFacts facts, BackupArtifact artifact, string folder, IncludeRules include, CancellationToken ct, bool everything = false)
    {
        if (set.Facts.Files?.Chain is not null) return await new FilesChainReader(set, facts).ExtractAsync(folder, include, everything, ct).ConfigureAwait(false);
        HostContext host = set.Context.Host;
        string activity = Text.Of(OperationsTexts.RestoringFiles, artifact.Component);
        Stream plain = await set.OpenAsync(artifact, ct).ConfigureAwait(false);
        await using var _ = plain.ConfigureAwait(false);
        void Progress(long bytes) => host.Observer.On(new DrpProgress(activity, artifact.Name, bytes, artifact.PlainSize));
        TarTally found = await new FilesExtraction(host).ExtractAsync(plain, folder, facts, include, Progress, ct).ConfigureAwait(false);
        host.Observer.On(new DrpProgress(activity, artifact.Name, artifact.PlainSize, artifact.PlainSize, ProgressUnit.Bytes, Finished: true));
        return found;
    }

    /// <summary>Room that a folder will probably take.</summary>
    public static long NeededFor(FolderFacts facts, BackupArtifact artifact) => facts.Whole?.Bytes ?? artifact.PlainSize;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Removes what was extracted and not moved to its place.</summary>
    private async Task ClearAsync(CancellationToken ct)
    {
        foreach (var folder in _folders.Where(f => Directory.Exists(f.Staging))) await FilesExtraction.RemoveAsync(_set.Context.Host, folder.Staging, ct).ConfigureAwait(false);
    }

    private async Task<TarTally[]> ExtractAllAsync(CancellationToken ct)
    {
        var include = new IncludeRules(_options.Include);
        List<TarTally> restored = [];
        foreach (var ((facts, artifact), folder) in _archives.Zip(_folders))
        {
            Make(folder.Staging);
            restored.Add(await ExtractAsync(_set, facts, artifact, folder.Staging, include, ct).ConfigureAwait(false));
        }

        return [.. restored];
    }

    /// <summary>Selected files go in place one by one: the folder as a whole would lose the others.</summary>
    private RestoredFolder Selected(RestoredFolder folder, int place, string restoreId) => _options.Include.Count == 0 || folder.Previous is null || IsElsewhere
        ? folder
        : folder with { Merge = Path.Combine(_set.Context.RestoresFolder, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{restoreId}.{place}.paths")) };

    /// <summary>Where a folder goes: where it was, or into the destination; several folders keep their paths below it.</summary>
    private string PlaceOf(FolderFacts folder) => (_options.DestinationFolder ?? _options.Destination) is not { } destination
        ? folder.Path
        : _archives.Length == 1 ? destination : Path.Join(destination, folder.Path);

    /// <summary>Private until everything is in it: the archive's own entry then gives it its rights.</summary>
    private static void Make(string folder)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrpException(DiskFull.Is(e) ? DrpError.NotEnoughSpace : DrpError.UnsafeTarget, Text.Of(OperationsTexts.CannotMake, folder, e.Message), e) { Subject = folder };
        }
    }
}
