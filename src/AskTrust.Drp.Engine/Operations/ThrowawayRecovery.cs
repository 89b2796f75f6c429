using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// A base recovered in a throw-away cluster, beside everything else. Disposing stops the server and removes all of it; when we are killed, the next run's sweeper
/// does so.
/// </summary>
internal sealed class ThrowawayRecovery : IAsyncDisposable
{
    private readonly OperationContext _context;
    private readonly RecoveryChoice _choice;
    private readonly TempFolder _folder;
    private readonly ThrowawayRecord _record;
    private readonly Dictionary<uint, string> _spaces;
    private WalFeed? _feed;
    private RecoveryServer? _server;

    private ThrowawayRecovery(OperationContext context, RecoveryChoice choice, TempFolder folder, string programs, SystemUser? user)
    {
        (_context, _choice, _folder, Programs, User) = (context, choice, folder, programs, user);
        Data = Path.Combine(folder.Path, "data");
        _spaces = choice.Base.Tablespaces.ToDictionary(t => t.Oid, t => Path.Combine(folder.Path, string.Create(CultureInfo.InvariantCulture, $"ts{t.Oid}")));
        _record = new ThrowawayRecord(OwnerMark.Current.ToString(), folder.Path, Data, programs, user?.Name);
    }

    /// <summary>Folder of the server's programs.</summary>
    public string Programs { get; }

    /// <summary>User of the server; null = ourselves.</summary>
    public SystemUser? User { get; }

    /// <summary>Everything lies below it.</summary>
    public string Folder => _folder.Path;

    /// <summary>Data directory.</summary>
    public string Data { get; }

    /// <summary>The server; after <see cref="RecoverAsync"/>.</summary>
    public RecoveryServer Server => _server!;

    /// <summary>Folder of its socket.</summary>
    public string Socket => _feed!.Folder;

    /// <summary>Looks for the programs and makes the folder.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: no programs of the server's major version here, or no user to run them; <see cref="DrpError.NotEnoughSpace"/>.</exception>
    public static async Task<ThrowawayRecovery> PrepareAsync(OperationContext context, RecoveryChoice choice, CancellationToken ct)
    {
        string programs = await RecoveryServer.ProgramsAsync(context.Host, choice.Facts.Major, ct).ConfigureAwait(false);
        SystemUser? user = Posix.IsRoot ? Posix.FindUser("postgres") ?? throw new DrpException(DrpError.Unreachable, PhysicalTexts.NoPostgresUser) { Hint = PhysicalTexts.NoPostgresUserHint } : null;
        TempFolder folder = context.Host.Temp.CreateFolder("cluster", user?.Name);
        try
        {
            SpaceCheck.RequireRoom(folder.Path, choice.Artifacts.Where(a => a.Role is "base" or "tablespace").Sum(a => a.PlainSize));
            var place = new ThrowawayRecovery(context, choice, folder, programs, user);
            place._record.Write(context.Host.Temp);
            return place;
        }
        catch
        {
            await folder.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Extracts the base.</summary>
    public Task ExtractAsync(BaseRestore restore, CancellationToken ct)
    {
        foreach (string place in _spaces.Values.Prepend(Data)) TargetDirectory.MakeFolder(place, User);
        return restore.ExtractAsync(Data, _spaces, User, null, ct);
    }

    /// <summary>Recovers to the target; the server then runs.</summary>
    public async Task<RecoveryOutcome> RecoverAsync(BaseRestore restore, RecoveryTarget target, bool exclusive, CancellationToken ct)
    {
        BaseRestore.Map(Data, _spaces, User);
        var plan = new RecoveryPlan
        {
            Data = Data, Target = target, Exclusive = exclusive, Timeline = _choice.Timeline, Facts = _choice.Facts, RunAs = User?.Name, Throwaway = true, EndIsEnough = _choice.EndIsEnough,
        };
        (_feed, _server, RecoveryOutcome outcome) = await restore.RecoverAsync(plan, User, ct).ConfigureAwait(false);
        return outcome;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
        if (_feed is not null) await _feed.DisposeAsync().ConfigureAwait(false);
        _record.Delete(_context.Host.Temp);
        await _folder.DisposeAsync().ConfigureAwait(false);
    }
}
