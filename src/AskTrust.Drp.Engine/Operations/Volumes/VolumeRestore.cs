using System.Buffers;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Components.Volumes;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Volumes;

/// <summary>Restores a volume: extracted and counted inside it, beside what is there; then what runs with it is stopped, the contents are exchanged, and it is started.</summary>
internal sealed class VolumeRestore : IComponentRestore
{
    private static readonly string[] s_gnu = ["--acls", "--xattrs", "--xattrs-include=*", "--delay-directory-restore"];
    private readonly ComponentSet _set;
    private readonly RestoreComponentOptions _options;
    private readonly string _id;
    private readonly string _name;
    private readonly List<string> _warnings = [];
    private VolumePlace? _place;
    private bool _made, _exchanged;

    private VolumeRestore(ComponentSet set, RestoreComponentOptions options, string id, string name) => (_set, _options, _id, _name) = (set, options, id, name);

    /// <inheritdoc/>
    public string Target => _name;

    /// <inheritdoc/>
    public bool ReplacesNothing { get; private set; }

    /// <inheritdoc/>
    public bool IsElsewhere => _options.Destination is not null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public IReadOnlyList<string> Steps =>
    [
        .. _place is null ? new[] { Text.Of(VolumeRunTexts.StepCreate, _name) } : [],
        Text.Of(VolumeRunTexts.StepExtract, _set.Set.Set.Id, Facts.Archive, Facts.Files, SpaceCheck.Size(Facts.Bytes), _name),
        .. _options.Include.Count > 0 ? new[] { Text.Of(OperationsTexts.StepInclude, string.Join(", ", _options.Include)) } : [],
        .. _place?.Running is { Length: > 0 } users ? new[] { Text.Of(VolumeRunTexts.StepStop, users) } : [],
        .. ReplacesNothing ? [] : new[] { _options.Force ? Text.Of(VolumeRunTexts.StepAside, _place!.Shelf.AsideOf(_id)) : Text.Of(VolumeRunTexts.StepAsideForce, _name, _place!.Shelf.AsideOf(_id)) },
        .. _place?.Running is { Length: > 0 } again ? new[] { Text.Of(VolumeRunTexts.StepStart, again) } : [],
    ];

    private FolderFacts Facts => _set.Facts.Volume!.Folder;

    private HostContext Host => _set.Context.Host;

    private string? Asked => (_set.Context.Plan.Components.GetValueOrDefault(_set.Facts.Component) as VolumePlan)?.Image;

    /// <summary>Examines the target; a volume that is not there is made when the restore begins.</summary>
    public static async Task<VolumeRestore> PrepareAsync(ComponentSet set, RestoreComponentOptions options, string id, CancellationToken ct)
    {
        var plan = set.Context.Plan.Components.GetValueOrDefault(set.Facts.Component) as VolumePlan;
        VolumeFacts facts = set.Facts.Volume!;
        var restore = new VolumeRestore(set, options, id, options.Destination ?? plan?.Volume ?? facts.Folder.Path);
        DockerVolume? volume = await DockerVolume.FindAsync(set.Context.Host, restore._name, ct).ConfigureAwait(false);
        if (volume is null)
        {
            if (facts.Options.Count > 0 && options.Destination is null)
                throw new DrpException(DrpError.UnsafeTarget, Text.Of(VolumeRunTexts.OptionsUnknown, restore._name, string.Join(", ", facts.Options))) { Subject = restore._name, Hint = VolumeRunTexts.OptionsUnknownHint };
            restore.ReplacesNothing = true;
            return restore;
        }

        await restore.OpenAsync(volume, ct).ConfigureAwait(false);
        try
        {
            restore.ReplacesNothing = !await restore._place!.Shelf.HoldsDataAsync(ct).ConfigureAwait(false);
            if (!restore.ReplacesNothing && !options.Force && !options.DryRun)
                throw new DrpException(DrpError.UnsafeTarget, Text.Of(VolumeRunTexts.NotEmpty, restore._name)) { Subject = restore._name, Hint = OperationsTexts.TargetNotEmptyHint };
            if (options.Include.Count == 0) await restore._place.Shell.RequireRoomAsync(DockerVolume.Folder, set.Artifact(facts.Folder.Archive).PlainSize, ct).ConfigureAwait(false);
            return restore;
        }
        catch
        {
            await restore.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public RestoreEntry Describe(RestoreEntry entry) => _place is null ? VolumePlace.DescribeMade(entry, _name, Asked ?? _set.Facts.Volume!.Image) : _place.Describe(entry) with { Previous = ReplacesNothing ? null : _place.Shelf.AsideOf(_id) };

    /// <inheritdoc/>
    public async Task<RestoreOutcome> RunAsync(Func<Task> exchangeAsync, PhaseClock phases, CancellationToken ct)
    {
        if (_place is null) await MakeAsync(ct).ConfigureAwait(false);
        string staging = _place!.Shelf.StagingOf(_id);
        TarTally restored = await phases.MeasureAsync("restore", () => ExtractAsync(staging, ct)).ConfigureAwait(false);
        await exchangeAsync().ConfigureAwait(false);
        _exchanged = true;
        await phases.MeasureAsync("swap", async () =>
        {
            await _place.StopAsync(ct).ConfigureAwait(false);
            if (!ReplacesNothing) await _place.Shelf.OutAsync(_id, ct).ConfigureAwait(false);
            await _place.Shelf.InAsync(staging, ct).ConfigureAwait(false);
            await _place.StartAsync(ct).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return new RestoreOutcome { Files = restored.Files, Bytes = restored.Bytes, Previous = ReplacesNothing ? null : _place.Shelf.AsideOf(_id) };
    }

    /// <inheritdoc/>
    public async Task TakeBackAsync(CancellationToken ct)
    {
        if (_place is null) return;
        // Some may run again already.
        if (_exchanged) await _place.StopAsync(ct).ConfigureAwait(false);
        if (_exchanged && ReplacesNothing && !_made)
        {
            await _place.Shelf.OutAsync(_id, ct).ConfigureAwait(false);
            await _place.Shelf.RemoveAsync(_place.Shelf.AsideOf(_id), ct).ConfigureAwait(false);
        }

        await _place.Shelf.BackAsync(_id, ct).ConfigureAwait(false);
        if (_exchanged) await _place.StartAsync(ct).ConfigureAwait(false);
        if (!_made) return;
        await DisposeAsync().ConfigureAwait(false);
        await new ContainerEngine(Host).TryAsync(null, ct, "volume", "rm", _name).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_place is { } place) await place.DisposeAsync().ConfigureAwait(false);
        _place = null;
    }

    /// <summary>A volume of the name it had gets the labels it had: Compose takes it for its own again.</summary>
    private async Task MakeAsync(CancellationToken ct)
    {
        VolumeFacts facts = _set.Facts.Volume!;
        string[] labels = _options.Destination is null ? [.. facts.Labels.SelectMany(l => new[] { "--label", $"{l.Key}={l.Value}" })] : [];
        await new ContainerEngine(Host).RunAsync(ct, ["volume", "create", "--driver", facts.Options.Count == 0 ? facts.Driver : "local", .. labels, _name]).ConfigureAwait(false);
        _made = true;
        await OpenAsync(await DockerVolume.RequireAsync(Host, _name, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
    }

    private async Task OpenAsync(DockerVolume volume, CancellationToken ct)
    {
        _place = await VolumePlace.OpenAsync(Host, volume, volume.Image(Asked, _set.Facts.Volume!.Image), [], ct).ConfigureAwait(false);
        if (!_place.Tar.IsGnu) _warnings.Add(Text.Of(VolumeRunTexts.BusyBox, _name, _place.Tar.Version));
    }

    private async Task<TarTally> ExtractAsync(string staging, CancellationToken ct)
    {
        BackupArtifact artifact = _set.Artifact(Facts.Archive);
        var include = new IncludeRules(_options.Include);
        var guard = new UnpackGuard(Facts, include);
        string activity = Text.Of(OperationsTexts.RestoringFiles, artifact.Component);
        Stream plain = await _set.OpenAsync(artifact, ct).ConfigureAwait(false);
        await using var _ = plain.ConfigureAwait(false);
        using var guarded = new GuardedStream(plain, guard, bytes => Host.Observer.On(new DrpProgress(activity, artifact.Name, bytes, artifact.PlainSize)));
        await _place!.Shell.RunAsync("mkdir -m 700 \"$1\"", ct, staging).ConfigureAwait(false);
        await _place.Shell.FeedAsync(guarded, new Command(GnuTar.Program, ["-x", "-p", "--numeric-owner", .. _place.Tar.IsGnu ? s_gnu : [], "-C", staging, "-f", "-"]) { Environment = GnuTar.Environment }, _ => { }, ct).ConfigureAwait(false);
        Host.Observer.On(new DrpProgress(activity, artifact.Name, artifact.PlainSize, artifact.PlainSize, ProgressUnit.Bytes, Finished: true));
        if (_options.Include.Count > 0 && guard.Kept.Entries == 0)
            throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.NothingFits, _set.Set.Set.Id, string.Join(", ", _options.Include))) { Hint = OperationsTexts.NothingFitsHint };
        await RequireThereAsync(staging, guard.Kept, ct).ConfigureAwait(false);
        return guard.Kept;
    }

    /// <summary>What lies in the volume is the proof: it is read once more, by the tar that is there, and counted.</summary>
    private async Task RequireThereAsync(string staging, TarTally wanted, CancellationToken ct)
    {
        var seen = new PackFilter();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        IRunningProcess process = Host.Processes.Start(_place!.Shell.Target.Wrap(new Command(GnuTar.Program, ["-c", .. _place.Tar.IsGnu ? new[] { "--format=posix", "--sparse" } : [], "-C", staging, "-f", "-", "."]) { Environment = GnuTar.Environment }));
        try
        {
            await using var _ = process.ConfigureAwait(false);
            process.Input.Close();
            int count;
            while ((count = await process.Output.ReadPieceAsync(buffer, buffer.Length, ct).ConfigureAwait(false)) > 0)
            {
                seen.Feed(buffer.AsSpan(0, count));
                seen.Clear();
            }

            if (await process.WaitAsync(ct).ConfigureAwait(false) != 0) throw _place.Shell.Failed(process.Errors);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        TarTally found = seen.Tally;
        if (found.Files == wanted.Files && found.Links == wanted.Links && found.Bytes == wanted.Bytes) return;
        throw new DrpException(DrpError.VerificationFailed, Text.Of(VolumeRunTexts.NotAllThere, _name, found.Files, found.Links, found.Bytes, wanted.Files, wanted.Links, wanted.Bytes)) { Subject = _name };
    }
}
