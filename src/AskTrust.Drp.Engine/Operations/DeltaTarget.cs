using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>A data directory that holds the very cluster the base is of: only what differs is written. What it held is not kept, so somebody must say yes.</summary>
internal sealed class DeltaTarget(OperationContext context, RestoreOptions options) : FolderTarget(context, options)
{
    private readonly bool _confirmed = options.Confirmed || options.DryRun;
    private DeltaFiles? _files;
    private bool _extracted;

    /// <inheritdoc/>
    public override DeltaOutcome? Delta => _files?.Outcome;

    /// <inheritdoc/>
    public override async Task CheckAsync(RecoveryChoice choice, CancellationToken ct)
    {
        if (!IsThere) throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.DeltaNothingThere, Place)) { Subject = Place, Hint = OperationsTexts.DeltaNothingThereHint };
        ulong? system = DeltaFiles.SystemOf(Place);
        if (system != choice.System)
        {
            string found = system?.ToString(CultureInfo.InvariantCulture) ?? "?";
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.DeltaOtherCluster, Place, found, choice.Id, choice.System)) { Subject = Place, Hint = OperationsTexts.DeltaOtherClusterHint };
        }

        await base.CheckAsync(choice, ct).ConfigureAwait(false);
        if (_confirmed || (Context.Ask is { } ask && await ask(Text.Of(OperationsTexts.DeltaQuestion, Place), ct).ConfigureAwait(false))) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.DeltaRefused, Place)) { Subject = Place, Hint = OperationsTexts.ProductionHint };
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Steps(string id) => [Text.Of(OperationsTexts.StepDelta, Place)];

    /// <inheritdoc/>
    public override RestoreEntry Describe(RestoreEntry entry) => base.Describe(entry) with { Delta = true };

    /// <inheritdoc/>
    public override Task<string?> PrepareAsync(string id, CancellationToken ct)
    {
        _files = new DeltaFiles(Place, Folder.RunAs);
        _files.Begin();
        return Task.FromResult<string?>(null);
    }

    /// <inheritdoc/>
    public override async Task ExtractAsync(BaseRestore restore, CancellationToken ct)
    {
        foreach (string space in Spaces.Values)
        {
            TargetDirectory.MakeFolder(space, Folder.RunAs);
            _files!.AddSpace(space);
        }

        if (Choice.Parents.Count == 0) await restore.UnpackAsync(Choice.Sets.Single(), Place, Spaces, _files!, recovers: true, null, ct).ConfigureAwait(false);
        else await CombineAsync(restore, ct).ConfigureAwait(false);
        await BaseRestore.MapAsync(Place, Spaces, _files!, ct).ConfigureAwait(false);
        _extracted = true;
    }

    /// <summary>What is put together from several sets stands as files elsewhere first, and is compared from there.</summary>
    private async Task CombineAsync(BaseRestore restore, CancellationToken ct)
    {
        using TempFolder whole = Context.Host.Temp.CreateFolder("combined", Folder.RunAs?.Name);
        string data = Path.Combine(whole.Path, "data");
        var spaces = Spaces.ToDictionary(s => s.Key, s => Path.Combine(whole.Path, string.Create(CultureInfo.InvariantCulture, $"ts{s.Key}")));
        foreach (string folder in spaces.Values.Prepend(data)) TargetDirectory.MakeFolder(folder, Folder.RunAs);
        await restore.ExtractAsync(data, spaces, new LocalBasePlace(Context.Host, Programs, Folder.RunAs), null, ct).ConfigureAwait(false);
        var feed = new FolderFeed(_files!);
        foreach (var (oid, space) in spaces) await feed.RunAsync(space, Spaces[oid], ct).ConfigureAwait(false);
        await feed.RunAsync(data, Place, ct).ConfigureAwait(false);
        foreach (var (oid, space) in Spaces) await _files!.LinkAsync(string.Create(CultureInfo.InvariantCulture, $"{Place}/pg_tblspc/{oid}"), space, ct).ConfigureAwait(false);
        await _files!.CompleteAsync(Place, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override long WorkSize => 2 * Choice.WorkSize;

    /// <inheritdoc/>
    public override Task PutBackAsync()
    {
        if (!_extracted && _files?.TakeBack() != true) Context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.DeltaHalf, Place));
        return Task.CompletedTask;
    }

    /// <summary>The cluster's own folder is what a delta is for; any other must be empty.</summary>
    protected override void CheckSpace(TablespaceFacts space, string folder)
    {
        var link = new DirectoryInfo(string.Create(CultureInfo.InvariantCulture, $"{Place}/pg_tblspc/{space.Oid}"));
        if (link.LinkTarget is not { } own || Path.GetFullPath(own) != folder) base.CheckSpace(space, folder);
    }

    /// <summary>What is there is written over.</summary>
    protected override long Needed(string folder, long size) => Math.Max(0, size - SizeOf(folder));

    private static long SizeOf(string folder) => !Directory.Exists(folder) ? 0 :
        new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Sum(f => f.Length);
}
