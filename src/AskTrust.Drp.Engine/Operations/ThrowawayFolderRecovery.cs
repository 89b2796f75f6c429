using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>A folder of this machine, and its own server programs.</summary>
internal sealed class ThrowawayFolderRecovery : ThrowawayRecovery
{
    private readonly OperationContext _context;
    private readonly TempFolder _folder;
    private readonly ThrowawayRecord _record;
    private readonly string _programs;
    private readonly SystemUser? _user;

    private ThrowawayFolderRecovery(OperationContext context, RecoveryChoice choice, TempFolder folder, string programs, SystemUser? user) : base(choice, folder.Path)
    {
        (_context, _folder, _programs, _user) = (context, folder, programs, user);
        _record = new ThrowawayRecord(OwnerMark.Current.ToString(), folder.Path, Data, programs, user?.Name);
    }

    /// <inheritdoc/>
    public override string Where => "cluster";

    /// <summary>Looks for the programs and makes the folder.</summary>
    public static async Task<ThrowawayRecovery> PrepareAsync(OperationContext context, RecoveryChoice choice, CancellationToken ct)
    {
        string programs = await RecoveryServer.ProgramsAsync(context.Host, choice.Facts.Major, ct).ConfigureAwait(false);
        SystemUser? user = Posix.IsRoot ? Posix.FindUser("postgres") ?? throw new DrpException(DrpError.Unreachable, PhysicalTexts.NoPostgresUser) { Hint = PhysicalTexts.NoPostgresUserHint } : null;
        TempFolder folder = context.Host.Temp.CreateFolder("cluster", user?.Name);
        try
        {
            SpaceCheck.RequireRoom(folder.Path, choice.PlainSize + choice.WorkSize);
            var place = new ThrowawayFolderRecovery(context, choice, folder, programs, user);
            place._record.Write(context.Host.Temp);
            return place;
        }
        catch
        {
            await folder.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override Command Program(string program, params IReadOnlyList<string> arguments) =>
        new LocalPlace(_context.Host, _programs, _user?.Name, _folder.Path).Program(program, arguments);

    /// <inheritdoc/>
    public override Task<bool> HasProgramAsync(string program, CancellationToken ct) => Task.FromResult(_context.Host.Processes.Find(Path.Combine(_programs, program)) is not null);

    /// <inheritdoc/>
    public override async Task ExtractAsync(BaseRestore restore, Func<Stream, BackupArtifact, Stream>? damage, CancellationToken ct)
    {
        foreach (string place in Spaces.Values.Prepend(Data)) TargetDirectory.MakeFolder(place, _user);
        await restore.ExtractAsync(Data, Spaces, new LocalBasePlace(_context.Host, _programs, _user), damage, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task ClearAsync(CancellationToken ct)
    {
        foreach (string place in Spaces.Values.Prepend(Data)) Directory.Delete(place, recursive: true);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task<string> UrlAsync(string database, CancellationToken ct) =>
        Task.FromResult($"postgresql://{Uri.EscapeDataString(Choice.Base.Superuser)}@/{Uri.EscapeDataString(database)}?host={Uri.EscapeDataString(Socket)}&port=5432");

    /// <inheritdoc/>
    protected override async Task<(WalFeed Feed, RecoveryServer Server, RecoveryOutcome Outcome)> RecoverAsync(BaseRestore restore, RecoveryPlan plan, CancellationToken ct)
    {
        await BaseRestore.MapAsync(Data, Spaces, new LocalFiles(_user), ct).ConfigureAwait(false);
        return await restore.RecoverAsync(plan with { RunAs = _user?.Name }, new LocalExchange(_context.Host, _user), null, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override ValueTask RemoveAsync()
    {
        _record.Delete(_context.Host.Temp);
        return _folder.DisposeAsync();
    }
}
