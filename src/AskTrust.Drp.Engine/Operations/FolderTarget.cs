using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>A data directory of this machine. A cluster that is there is renamed, and stays.</summary>
internal class FolderTarget : IClusterTarget
{
    private readonly OperationContext _context;
    private readonly RestoreOptions _options;
    private string? _aside;
    private string _id = "";

    /// <summary>Looks at the folder.</summary>
    public FolderTarget(OperationContext context, RestoreOptions options)
    {
        (_context, _options) = (context, options);
        Folder = TargetDirectory.Look(options.DataDirectory!, options.Force || options.Delta);
    }

    /// <inheritdoc/>
    public string Place => Folder.Path;

    /// <inheritdoc/>
    public string Description => Folder.Path;

    /// <inheritdoc/>
    public bool IsThere => Folder.IsThere;

    /// <inheritdoc/>
    public bool Starts => _options.Start;

    /// <inheritdoc/>
    public virtual DeltaOutcome? Delta => null;

    /// <summary>The folder.</summary>
    protected TargetDirectory Folder { get; }

    /// <summary>The plan and its parts.</summary>
    protected OperationContext Context => _context;

    /// <summary>Folder of each tablespace.</summary>
    protected IReadOnlyDictionary<uint, string> Spaces { get; private set; } = new Dictionary<uint, string>();

    /// <summary>Folder of the server's programs.</summary>
    protected string Programs { get; private set; } = "";

    /// <summary>Bytes that the state directory needs for a while: where a base is put together from several sets.</summary>
    protected virtual long WorkSize => Choice.WorkSize;

    /// <summary>What is restored.</summary>
    protected RecoveryChoice Choice { get; private set; } = null!;

    /// <inheritdoc/>
    public virtual async Task CheckAsync(RecoveryChoice choice, CancellationToken ct)
    {
        Choice = choice;
        Spaces = TablespaceChoice.Of(choice, _options.Tablespaces).ToDictionary(s => s.Key, s => Path.GetFullPath(s.Value));
        foreach (var space in choice.Base.Tablespaces) CheckSpace(space, Spaces[space.Oid]);
        Programs = await RecoveryServer.ProgramsAsync(_context.Host, choice.Facts.Major, ct).ConfigureAwait(false);
        SpaceCheck.RequireRoom(
        [
            (Place, Needed(Place, choice.SizeOf(null))), .. Spaces.Select(s => (s.Value, Needed(s.Value, choice.SizeOf(s.Key)))), (_context.Host.Temp.StateDirectory, WorkSize),
        ]);
    }

    /// <inheritdoc/>
    public virtual IEnumerable<string> Steps(string id) => IsThere ? [Text.Of(OperationsTexts.StepAside, Place, $"{Place}.before-{id}")] : [];

    /// <inheritdoc/>
    public virtual RestoreEntry Describe(RestoreEntry entry) => entry with { DataDirectory = Place };

    /// <inheritdoc/>
    public virtual Task<string?> PrepareAsync(string id, CancellationToken ct)
    {
        _id = id;
        _aside = Folder.MoveAside(_id);
        return Task.FromResult(_aside);
    }

    /// <inheritdoc/>
    public virtual async Task ExtractAsync(BaseRestore restore, CancellationToken ct)
    {
        Folder.Make();
        foreach (string space in Spaces.Values) TargetDirectory.MakeFolder(space, Folder.RunAs);
        await restore.ExtractAsync(Place, Spaces, new LocalBasePlace(_context.Host, Programs, Folder.RunAs), null, ct).ConfigureAwait(false);
        await BaseRestore.MapAsync(Place, Spaces, new LocalFiles(Folder.RunAs), ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<RecoveryOutcome> RecoverAsync(BaseRestore restore, RecoveryPlan plan, CancellationToken ct)
    {
        _plan = plan with { Data = Place, RunAs = Folder.RunAs?.Name };
        var (feed, server, outcome) = await restore.RecoverAsync(_plan, new LocalExchange(_context.Host, Folder.RunAs), null, ct).ConfigureAwait(false);
        await using var _ = feed.ConfigureAwait(false);
        await using var __ = server.ConfigureAwait(false);
        await server.RequirePromotedAsync(ct).ConfigureAwait(false);
        await server.StopAsync(ct).ConfigureAwait(false);
        return outcome;
    }

    private RecoveryPlan? _plan;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken ct) => RecoveryServer.StartAsync(_context.Host, _plan!, ct);

    /// <inheritdoc/>
    public virtual Task PutBackAsync()
    {
        // A server that came up although starting it failed (too slow, for example) keeps its folder.
        if (_options.Start && TargetDirectory.Running(Place) is not null) return Task.CompletedTask;
        try
        {
            // A tablespace's folder may have been there before, as a mount point for example: it was empty, and is so again.
            foreach (string made in Spaces.Values.Where(Directory.Exists))
            {
                foreach (string entry in Directory.EnumerateDirectories(made)) Directory.Delete(entry, recursive: true);
                foreach (string entry in Directory.EnumerateFiles(made)) File.Delete(entry);
            }

            if (Directory.Exists(Place)) Directory.Delete(Place, recursive: true);
            if (_aside is not null) Directory.Move(_aside, Place);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.NotPutBack, Place, _aside, e.Message));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>An empty folder, or none yet. The old cluster's own must not be mixed with the restored one's.</summary>
    protected virtual void CheckSpace(TablespaceFacts space, string folder)
    {
        if (!File.Exists(folder) && !(Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.SpaceNotEmpty, space.Name, folder)) { Subject = folder, Hint = Text.Of(OperationsTexts.SpaceNotEmptyHint, space.Name) };
    }

    /// <summary>Bytes that a folder will take in addition.</summary>
    protected virtual long Needed(string folder, long size) => size;
}
