using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>
/// Restores the files of a component: look → ask → extract beside → count → exchange. Until the last step the target is as it was, also when the run is killed; after it the
/// previous content lies beside.
/// </summary>
internal sealed class FilesRestoreRun(OperationContext context, RestoreComponentOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly RestoreJournal _journal = new(context.RestoresFolder);
    private readonly string _id = RestoreEntry.NewId(context.Clock);
    private readonly List<string> _warnings = [];

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/> and others; the target is then as it was.</exception>
    public async Task<RestoreReport> RunAsync(CancellationToken ct)
    {
        if (options.Include.Count > 0 && options.Destination is null) throw new DrpException(DrpError.PlanInvalid, OperationsTexts.IncludeInPlace) { Hint = OperationsTexts.IncludeInPlaceHint };
        if (!options.DryRun)
        {
            await Leftovers.SweepAsync(context.Host, containers: false, ct).ConfigureAwait(false);
            await FilesSettle.RunAsync(context, _journal, ct).ConfigureAwait(false);
        }

        await GnuTar.RequireAsync(context.Host, ct).ConfigureAwait(false);
        var (set, repository) = await SetChoice.FindAsync(context, options.Id, options.Component, options.Repository, ct).ConfigureAwait(false);
        FilesSet files = (await FilesSet.FindAsync(context, set.Id, repository, options.Component, required: true, ct).ConfigureAwait(false))!;
        FilesTarget[] targets = [.. files.Archives.Select(a => FilesTarget.Look(PlaceOf(files, a.Folder), options.Force || options.DryRun))];
        if (options.Include.Count == 0) foreach (var (target, archive) in targets.Zip(files.Archives)) target.RequireRoom(archive.Artifact.PlainSize);
        if (!FilesExtraction.KeepsOwners) _warnings.Add(OperationsTexts.OwnersStay);
        if (files.Archives.Sum(a => a.Folder.LinksOutside) is > 0 and var links) _warnings.Add(Text.Of(OperationsTexts.LinksLeadOut, links));
        _warnings.AddRange(files.Component.Missing ?? []);
        if (options.DryRun) return Report(set, files, targets, RunStatus.Planned) with { Steps = Steps(set, files, targets), Warnings = _warnings };
        await AskAsync(files, targets, ct).ConfigureAwait(false);

        IEncryption? encryption = files.Archives.Any(a => a.Artifact.Encrypted) && context.Plan.Encryption is not null ? context.Encryption() : null;
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        Lease? lease = await new LeaseKeeper(context.Catalog).AcquireAsync(repository, LeaseMode.Read, "restore", ct).ConfigureAwait(false);
        await using var __ = (lease ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        return await RestoreAsync(set, repository, files, targets, encryption, ct).ConfigureAwait(false);
    }

    /// <summary>Where a folder goes: where it was, or into the destination; several folders keep their paths below it.</summary>
    private string PlaceOf(FilesSet files, FolderFacts folder) => options.Destination is not { } destination
        ? folder.Path
        : files.Archives.Count == 1 ? destination : Path.Join(destination, folder.Path);

    private async Task<RestoreReport> RestoreAsync(CatalogSet set, IRepository repository, FilesSet files, FilesTarget[] targets, IEncryption? encryption, CancellationToken ct)
    {
        RestoredFolder[] folders = [.. targets.Select(t => t.Plan(_id))];
        var entry = new RestoreEntry
        {
            RestoreId = _id, Started = _phases.Started, Component = files.Component.Component, Database = files.Component.Component, Source = set.Set.Id, Folders = folders,
            Owner = OwnerMark.Current.ToString(), WasEmpty = targets.All(t => t.IsEmpty),
        };
        await _journal.WriteAsync(entry, ct).ConfigureAwait(false);
        try
        {
            TarTally[] restored = await _phases.MeasureAsync("restore", () => ExtractAsync(set, repository, files, folders, encryption, ct)).ConfigureAwait(false);
            if (options.Include.Count > 0 && restored.Sum(r => r.Entries) == 0) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.NothingFits, set.Id, string.Join(", ", options.Include))) { Hint = OperationsTexts.NothingFitsHint };
            await _journal.WriteAsync(entry with { Swapping = true }, ct).ConfigureAwait(false);
            await _phases.MeasureAsync("swap", () => SwapAllAsync(folders)).ConfigureAwait(false);
            await _journal.WriteAsync(entry with { Finished = true }, CancellationToken.None).ConfigureAwait(false);
            string[] aside = [.. folders.Select(f => f.Previous).OfType<string>()];
            var report = Report(set, files, targets, RunStatus.Succeeded) with
            {
                Files = restored.Sum(r => r.Files), Bytes = restored.Sum(r => r.Bytes), Previous = aside.Length > 0 ? string.Join(", ", aside) : null, Warnings = _warnings,
            };
            await RecordAsync(report, files, null).ConfigureAwait(false);
            return report;
        }
        catch (Exception e)
        {
            using var brief = new CancellationTokenSource(s_brief);
            foreach (var folder in folders.Where(f => Directory.Exists(f.Staging))) await FilesExtraction.RemoveAsync(context.Host, folder.Staging, brief.Token).ConfigureAwait(false);
            _journal.Forget(entry);
            await RecordAsync(Report(set, files, targets, RunStatus.Failed), files, e).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<TarTally[]> ExtractAsync(CatalogSet set, IRepository repository, FilesSet files, RestoredFolder[] folders, IEncryption? encryption, CancellationToken ct)
    {
        var include = new IncludeRules(options.Include);
        var extraction = new FilesExtraction(context.Host);
        List<TarTally> restored = [];
        foreach (var ((facts, artifact), folder) in files.Archives.Zip(folders))
        {
            Make(folder.Staging);
            string activity = Text.Of(OperationsTexts.RestoringFiles, files.Component.Component);
            Stream plain = await FilesSet.OpenAsync(context, set.Id, repository, artifact, encryption, null, ct).ConfigureAwait(false);
            await using (plain.ConfigureAwait(false))
            {
                void Progress(long bytes) => context.Host.Observer.On(new DrpProgress(activity, artifact.Name, bytes, artifact.PlainSize));
                restored.Add(await extraction.ExtractAsync(plain, folder.Staging, facts, include, Progress, ct).ConfigureAwait(false));
            }

            context.Host.Observer.On(new DrpProgress(activity, artifact.Name, artifact.PlainSize, artifact.PlainSize, ProgressUnit.Bytes, Finished: true));
        }

        return [.. restored];
    }

    /// <summary>All folders or none: when one cannot be exchanged, those before it are put back.</summary>
    private static Task SwapAllAsync(RestoredFolder[] folders)
    {
        int done = 0;
        try
        {
            for (; done < folders.Length; done++) FilesTarget.Swap(folders[done]);
            return Task.CompletedTask;
        }
        catch
        {
            foreach (var folder in folders.Take(done)) FilesTarget.SwapBack(folder);
            throw;
        }
    }

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

    /// <summary>Production is not overwritten without a yes.</summary>
    private async Task AskAsync(FilesSet files, FilesTarget[] targets, CancellationToken ct)
    {
        string name = files.Component.Component;
        bool production = context.Plan.Components.GetValueOrDefault(name)?.Production ?? false;
        if (!production || options.Destination is not null || options.Confirmed || targets.All(t => t.IsEmpty)) return;
        string places = string.Join(", ", targets.Select(t => t.Path));
        if (context.Ask is { } ask && await ask(Text.Of(OperationsTexts.FilesQuestion, name, places), ct).ConfigureAwait(false)) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.ProductionRefused, name, places)) { Subject = name, Hint = OperationsTexts.ProductionHint };
    }

    private List<string> Steps(CatalogSet set, FilesSet files, FilesTarget[] targets)
    {
        List<string> steps = [];
        foreach (var ((facts, _), target) in files.Archives.Zip(targets))
        {
            RestoredFolder folder = target.Plan(_id);
            steps.Add(Text.Of(OperationsTexts.StepExtractFiles, set.Id, facts.Archive, facts.Files, SpaceCheck.Size(facts.Bytes), target.Path));
            if (options.Include.Count > 0) steps.Add(Text.Of(OperationsTexts.StepInclude, string.Join(", ", options.Include)));
            if (folder.Previous is { } aside) steps.Add(Text.Of(options.Force ? OperationsTexts.StepAside : OperationsTexts.StepAsideForce, target.Path, aside));
        }

        return steps;
    }

    private RestoreReport Report(CatalogSet set, FilesSet files, FilesTarget[] targets, RunStatus status) => new()
    {
        Plan = context.Plan.Path, RestoreId = _id, Source = set.Set.Id, Component = files.Component.Component, Target = string.Join(", ", targets.Select(t => t.Path)),
        Database = files.Component.Component, Status = status, Started = _phases.Started, Duration = _phases.Elapsed, Phases = _phases.Phases,
    };

    private async Task RecordAsync(RestoreReport report, FilesSet files, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("restore", report.Database, report.Status, error is null ? DrpError.None : Failures.CodeOf(error), _phases, new(StringComparer.Ordinal)
        {
            ["restore"] = report.RestoreId,
            ["source"] = report.Source,
            ["manifest"] = files.Manifest.Sha256,
            ["target"] = report.Target,
            ["include"] = string.Join(", ", options.Include),
            ["error"] = error?.Message ?? "",
        }, brief.Token).ConfigureAwait(false);
    }
}
