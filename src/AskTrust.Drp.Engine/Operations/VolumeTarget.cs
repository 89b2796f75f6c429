using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// The volume of a container, or of a Compose service: it is stopped, its volume filled and recovered through a side container of the same image, and it is
/// started again. The old cluster stays aside inside the volume.
/// </summary>
internal sealed class VolumeTarget : IClusterTarget
{
    private static readonly TimeSpan s_putBack = TimeSpan.FromMinutes(15);
    private readonly OperationContext _context;
    private readonly RestoreOptions _options;
    private readonly TargetContainer _target;
    private readonly SideContainer _side;
    private readonly VolumeShelf _shelf;
    private readonly ContainerControl _control;
    private readonly VolumeState _state;
    private Dictionary<uint, string> _spaces = [];
    private string? _aside;
    private bool _stopped;
    private bool _cleared;

    private VolumeTarget(OperationContext context, RestoreOptions options, TargetContainer target, SideContainer side, VolumeState state)
    {
        (_context, _options, _target, _side, _state) = (context, options, target, side, state);
        (_shelf, _control) = (new VolumeShelf(side, target.Data), new ContainerControl(context.Host, target));
    }

    /// <inheritdoc/>
    public string Place => _target.Data;

    /// <inheritdoc/>
    public string Description => Text.Of(OperationsTexts.VolumeOf, _target.Name, _target.Data);

    /// <inheritdoc/>
    public bool IsThere => _state.IsNotEmpty || _state.Half.Count > 0;

    /// <inheritdoc/>
    public bool Starts => true;

    /// <inheritdoc/>
    public DeltaOutcome? Delta => null;

    /// <summary>A service of the plan is the one in the project that the plan names, whatever else of that name runs on this machine.</summary>
    private static string? ProjectOf(DrpPlan plan, string? service)
    {
        string[] projects = [.. plan.Components.Values.OfType<PostgreSqlPlan>().Where(c => service is not null && c.ComposeService == service && c.ComposeProject is not null).Select(c => c.ComposeProject!).Distinct(StringComparer.Ordinal)];
        return projects.Length == 1 ? projects[0] : null;
    }

    /// <summary>Looks at a container.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: its data is in no volume, somebody else uses it, or it must not be replaced.</exception>
    public static async Task<VolumeTarget> OpenAsync(OperationContext context, RestoreOptions options, CancellationToken ct)
    {
        TargetContainer target = await TargetContainer.FindAsync(context.Host, options.Container, options.Service, options.Project ?? ProjectOf(context.Plan, options.Service), ct).ConfigureAwait(false);
        if (target.VolumeOf(target.Data) is not { } volume) throw Unsafe(target, Text.Of(OperationsTexts.NoVolume, target.Name, target.Data), OperationsTexts.NoVolumeHint);
        var others = await new ContainerControl(context.Host, target).OthersAsync([volume.Source], ct).ConfigureAwait(false);
        if (others.Count > 0) throw Unsafe(target, Text.Of(OperationsTexts.VolumeShared, target.Name, string.Join(", ", others)), OperationsTexts.VolumeSharedHint);
        SideContainer side = await SideContainer.StartAsync(context.Host, target, ct).ConfigureAwait(false);
        try
        {
            VolumeState state = await new VolumeShelf(side, target.Data).LookAsync(ct).ConfigureAwait(false);
            if (target.Running && !state.HasLock) throw Unsafe(target, Text.Of(OperationsTexts.NotItsData, target.Name, target.Data), OperationsTexts.NotItsDataHint);
            if (state is { IsNotEmpty: true, IsCluster: false, Half.Count: 0 }) throw Unsafe(target, Text.Of(PhysicalTexts.NotACluster, $"{target.Name}:{target.Data}"), PhysicalTexts.NotAClusterHint);
            var place = new VolumeTarget(context, options, target, side, state);
            if (place.IsThere && !options.Force) throw Unsafe(target, Text.Of(PhysicalTexts.ClusterThere, place.Description), PhysicalTexts.ClusterThereHint);
            return place;
        }
        catch
        {
            await side.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task CheckAsync(RecoveryChoice choice, CancellationToken ct)
    {
        await SideImage.RequireMajorAsync(_context.Host, _side, _target.Name, choice, ct).ConfigureAwait(false);
        _spaces = TablespaceChoice.Of(choice, _options.Tablespaces);
        foreach (var space in choice.Base.Tablespaces) await CheckSpaceAsync(space, _spaces[space.Oid], ct).ConfigureAwait(false);
        // Without a way back the old cluster makes room.
        string? own = _target.VolumeOf(_target.Data)?.Source;
        long size = choice.WorkSize + choice.SizeOf(null) + _spaces.Where(s => _target.VolumeOf(s.Value)?.Source == own).Sum(s => choice.SizeOf(s.Key));
        if (_options.NoSafetyReason is null && _state.Free < size)
        {
            throw new DrpException(DrpError.NotEnoughSpace, Text.Of(OperationsTexts.NoRoom, Description, SpaceCheck.Size(_state.Free), SpaceCheck.Size(size)))
            {
                Subject = _target.Name, Hint = OperationsTexts.NoRoomAsideHint,
            };
        }

        bool production = _context.Plan.Components.GetValueOrDefault(choice.Component.Component) is PostgreSqlPlan { Production: true };
        if (_options.DryRun || _options.Confirmed || !IsThere || !production) return;
        if (_context.Ask is { } ask && await ask(Text.Of(OperationsTexts.ReplaceQuestion, Description), ct).ConfigureAwait(false)) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.ProductionRefused, choice.Component.Component, Description)) { Subject = _target.Name, Hint = OperationsTexts.ProductionHint };
    }

    /// <inheritdoc/>
    public IEnumerable<string> Steps(string id)
    {
        if (_target.Running) yield return Text.Of(OperationsTexts.StepStopContainer, _target.Name);
        if (IsThere) yield return _options.NoSafetyReason is null ? Text.Of(OperationsTexts.StepAside, Description, _shelf.PathOf(id)) : Text.Of(OperationsTexts.StepClear, Description);
    }

    /// <inheritdoc/>
    public RestoreEntry Describe(RestoreEntry entry) => entry with { DataDirectory = _target.Data, Container = _target.Id, ContainerName = _target.Name };

    /// <inheritdoc/>
    public async Task<string?> PrepareAsync(string id, CancellationToken ct)
    {
        if (_target.Running)
        {
            _stopped = true;
            await _control.StopAsync(ct).ConfigureAwait(false);
        }
        else
        {
            // A restore that was killed left the old cluster aside: first it comes back.
            foreach (string half in _state.Half) await _shelf.BackAsync(half, ct).ConfigureAwait(false);
        }

        if (!IsThere) return null;
        if (_options.NoSafetyReason is not null)
        {
            _cleared = true;
            await _shelf.ClearAsync(ct).ConfigureAwait(false);
            return null;
        }

        _aside = id;
        await _shelf.OutAsync(id, ct).ConfigureAwait(false);
        return _shelf.PathOf(id);
    }

    /// <inheritdoc/>
    public async Task ExtractAsync(BaseRestore restore, CancellationToken ct)
    {
        foreach (string folder in _spaces.Values.Prepend(_target.Data)) await _side.MakeFolderAsync(folder, ct).ConfigureAwait(false);
        await restore.ExtractAsync(_target.Data, _spaces, new SideBasePlace(_context.Host, _side, _target.Data), null, ct).ConfigureAwait(false);
        await BaseRestore.MapAsync(_target.Data, _spaces, new SidePlace(_context.Host, _side), ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<RecoveryOutcome> RecoverAsync(BaseRestore restore, RecoveryPlan plan, CancellationToken ct)
    {
        IWalExchange exchange = await ContainerExchange.StartAsync(_context.Host, _side, ct).ConfigureAwait(false);
        var (feed, server, outcome) = await restore.RecoverAsync(plan with { Data = _target.Data }, exchange, new SidePlace(_context.Host, _side), ct).ConfigureAwait(false);
        await using var _ = feed.ConfigureAwait(false);
        await using var __ = server.ConfigureAwait(false);
        await server.RequirePromotedAsync(ct).ConfigureAwait(false);
        await server.StopAsync(ct).ConfigureAwait(false);
        if (_aside is { } id) await _shelf.DoneAsync(id, ct).ConfigureAwait(false);
        return outcome;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken ct) => _control.StartAsync(ct);

    /// <inheritdoc/>
    public async Task PutBackAsync()
    {
        using var brief = new CancellationTokenSource(s_putBack, _context.Clock);
        try
        {
            await _control.StopAsync(brief.Token).ConfigureAwait(false);
            if (_aside is { } id) await _shelf.BackAsync(id, brief.Token).ConfigureAwait(false);
            if (_cleared) _context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.VolumeHalf, Description));
            else if (_stopped) await _control.StartAsync(brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            _context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.NotPutBack, Description, _aside is null ? "" : _shelf.PathOf(_aside), e.Message));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _side.DisposeAsync();

    private async Task CheckSpaceAsync(TablespaceFacts space, string folder, CancellationToken ct)
    {
        if (_target.VolumeOf(folder) is null) throw Unsafe(_target, Text.Of(OperationsTexts.SpaceNoVolume, space.Name, folder, _target.Name), Text.Of(OperationsTexts.SpaceNotEmptyHint, space.Name));
        if (await _side.ShellAsync("if [ -d \"$1\" ] && [ -n \"$(ls -A \"$1\")\" ]; then echo full; fi", ct, folder).ConfigureAwait(false) == "full")
            throw Unsafe(_target, Text.Of(OperationsTexts.SpaceNotEmpty, space.Name, folder), Text.Of(OperationsTexts.SpaceNotEmptyHint, space.Name));
    }

    private static DrpException Unsafe(TargetContainer target, string message, string? hint) => new(DrpError.UnsafeTarget, message) { Subject = target.Name, Hint = hint };
}
