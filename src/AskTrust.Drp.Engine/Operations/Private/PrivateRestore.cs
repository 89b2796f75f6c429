using System.Text;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Private;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Files;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Private;

/// <summary>
/// Puts files with secrets back under their own paths. They are extracted into a private folder first and compared with what is there: only what differs is exchanged, by
/// renaming, and the previous file stays beside under a name that no program takes for its configuration.
/// </summary>
internal sealed class PrivateRestore : IComponentRestore
{
    private const string Root = "root";
    private readonly ComponentSet _set;
    private readonly TempFolder? _extracted;
    private readonly KeptPath[] _paths;
    private readonly RestoredFolder[] _exchanges;
    private readonly List<string> _warnings = [];
    private readonly List<string> _made = [];
    private readonly SavedImages? _images;

    private PrivateRestore(ComponentSet set, KeptPath[] paths, TempFolder? extracted, string restoreId, SavedImages? images)
    {
        (_set, _paths, _extracted, _images) = (set, paths, extracted, images);
        _exchanges = [.. paths.Select(p => new RestoredFolder(p.Path, FilesTarget.Beside(p.Path, p.Folder, "restoring", restoreId), Path.Exists(p.Path) ? FilesTarget.Beside(p.Path, p.Folder, "before", restoreId) : null))];
        if (!FilesExtraction.KeepsOwners) _warnings.Add(OperationsTexts.OwnersStay);
    }

    /// <inheritdoc/>
    public string Target => _exchanges.Length > 0 ? string.Join(", ", _exchanges.Select(e => e.Target)) : string.Join(", ", (_set.Facts.Kept ?? []).Select(k => k.Path));

    /// <inheritdoc/>
    public bool ReplacesNothing => _exchanges.All(e => e.Previous is null);

    /// <inheritdoc/>
    public bool IsElsewhere => false;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public IReadOnlyList<string> Steps =>
        [.. _exchanges.Select(e => Text.Of(e.Previous is null ? OperationsTexts.StepPutBack : OperationsTexts.StepPutBackOver, e.Target, e.Previous)), .. _images?.Steps ?? []];

    /// <summary>Examines, and, unless only asked for the steps, extracts and compares.</summary>
    public static async Task<PrivateRestore> PrepareAsync(ComponentSet set, RestoreComponentOptions options, string restoreId, CancellationToken ct)
    {
        var include = new IncludeRules(options.Include);
        KeptPath[] wanted = [.. (set.Facts.Kept ?? []).Where(k => include.Fit(Encoding.UTF8.GetBytes(k.Path.TrimStart('/'))))];
        if (wanted.Length == 0) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.NothingFits, set.Set.Set.Id, string.Join(", ", options.Include))) { Hint = OperationsTexts.NothingFitsHint };
        SavedImages? images = include.IsAll ? await SavedImages.LookAsync(set, ct).ConfigureAwait(false) : null;
        if (options.DryRun) return new PrivateRestore(set, wanted, null, restoreId, images);
        TempFolder temp = set.Context.Host.Temp.CreateFolder("private");
        try
        {
            FolderFacts archive = set.Facts.Files!.Folders[0];
            string root = Directory.CreateDirectory(Path.Combine(temp.Path, Root)).FullName;
            await FilesRestore.ExtractAsync(set, archive, set.Artifact(archive.Archive), root, new IncludeRules([]), ct).ConfigureAwait(false);
            List<KeptPath> differing = [];
            foreach (KeptPath path in wanted) if (!await IsSameAsync(set.Context.Host, root + path.Path, path.Path, ct).ConfigureAwait(false)) differing.Add(path);
            KeptPath[] replaced = [.. differing.Where(p => Path.Exists(p.Path))];
            if (replaced.Length > 0 && !options.Force)
            {
                throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.ChangedSince, string.Join(", ", replaced.Select(p => p.Path)), set.Set.Set.Id)) { Subject = set.Facts.Component, Hint = OperationsTexts.ChangedSinceHint };
            }

            var restore = new PrivateRestore(set, [.. differing], temp, restoreId, images);
            if (replaced.Length > 0) restore._warnings.Add(Text.Of(OperationsTexts.ChangedSince, string.Join(", ", replaced.Select(p => p.Path)), set.Set.Set.Id));
            return restore;
        }
        catch
        {
            await RemoveAsync(set.Context.Host, temp).ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public RestoreEntry Describe(RestoreEntry entry) => entry with { Folders = _exchanges };

    /// <inheritdoc/>
    public async Task<RestoreOutcome> RunAsync(Func<Task> exchangeAsync, PhaseClock phases, CancellationToken ct)
    {
        if (_images is not null) await phases.MeasureAsync("images", () => _images.LoadAsync(ct)).ConfigureAwait(false);
        await phases.MeasureAsync("restore", () => StageAsync(ct)).ConfigureAwait(false);
        await exchangeAsync().ConfigureAwait(false);
        await phases.MeasureAsync("swap", () => FilesTarget.SwapAllAsync(_exchanges)).ConfigureAwait(false);
        string[] aside = [.. _exchanges.Select(e => e.Previous).OfType<string>()];
        string[] files = [.. _paths.SelectMany(p => p.Folder ? Directory.EnumerateFiles(p.Path, "*", SearchOption.AllDirectories) : [p.Path])];
        return new RestoreOutcome { Files = files.Length, Bytes = files.Sum(f => new FileInfo(f).Length), Previous = aside.Length > 0 ? string.Join(", ", aside) : null };
    }

    /// <inheritdoc/>
    public async Task TakeBackAsync(CancellationToken ct)
    {
        foreach (var exchange in _exchanges.Where(e => Path.Exists(e.Staging))) await FilesExtraction.RemoveAsync(_set.Context.Host, exchange.Staging, ct).ConfigureAwait(false);
        foreach (string folder in Enumerable.Reverse(_made).Where(f => Directory.Exists(f) && !Directory.EnumerateFileSystemEntries(f).Any())) Directory.Delete(folder);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_extracted is not null) await RemoveAsync(_set.Context.Host, _extracted).ConfigureAwait(false);
    }

    /// <summary>Copies beside the targets, on their own file systems; folders above that are gone come back with their rights.</summary>
    private async Task StageAsync(CancellationToken ct)
    {
        foreach (var exchange in _exchanges)
        {
            foreach (string above in KeptFiles.Above(exchange.Target).Where(a => !Directory.Exists(a)))
            {
                string model = Saved(above);
                await ToolAsync(above, new Command("mkdir", "--", above), ct).ConfigureAwait(false);
                _made.Add(above);
                if (FilesExtraction.KeepsOwners) await ToolAsync(above, new Command("chown", $"--reference={model}", "--", above), ct).ConfigureAwait(false);
                await ToolAsync(above, new Command("chmod", $"--reference={model}", "--", above), ct).ConfigureAwait(false);
            }

            await ToolAsync(exchange.Target, new Command("cp", "--archive", "--no-target-directory", "--", Saved(exchange.Target), exchange.Staging), ct).ConfigureAwait(false);
        }
    }

    private string Saved(string path) => Path.Combine(_extracted!.Path, Root) + path;

    private async Task ToolAsync(string target, Command tool, CancellationToken ct)
    {
        ProcessResult result = await _set.Context.Host.Processes.RunAsync(tool with { Environment = GnuTar.Environment }, ct).ConfigureAwait(false);
        if (!result.Ok) throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.CannotMake, target, result.Errors.Trim())) { Subject = target };
    }

    /// <summary>Same content, names and links; owners and rights of a file that nobody changed are left as they are today.</summary>
    private static async Task<bool> IsSameAsync(HostContext host, string saved, string today, CancellationToken ct)
    {
        if (!Path.Exists(today) && new FileInfo(today).LinkTarget is null) return false;
        ProcessResult result = await host.Processes.RunAsync(new Command("diff", "--recursive", "--no-dereference", "--brief", "--", saved, today) { Environment = GnuTar.Environment }, ct).ConfigureAwait(false);
        return result.Ok;
    }

    private static async Task RemoveAsync(HostContext host, TempFolder temp)
    {
        await FilesExtraction.RemoveAsync(host, temp.Path, CancellationToken.None).ConfigureAwait(false);
        temp.Dispose();
    }
}
