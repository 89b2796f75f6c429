using System.Globalization;
using System.Security.Cryptography;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>A container of production's image with a volume of its own: the same programs, libraries and collations that wrote the files.</summary>
internal sealed class ThrowawayContainerRecovery : ThrowawayRecovery
{
    private const string Folder = "/drp-data";
    private const int Port = 5432;
    private readonly OperationContext _context;
    private readonly SideContainer _side;
    private readonly ThrowawayImage _image;
    private readonly bool _listens;

    private ThrowawayContainerRecovery(OperationContext context, RecoveryChoice choice, SideContainer side, ThrowawayImage image, bool listens) : base(choice, Folder) =>
        (_context, _side, _image, _listens) = (context, side, image, listens);

    /// <inheritdoc/>
    public override string Where => $"container {_image.Reference}@{_image.Digest}";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings => _image.Warnings;

    /// <summary>Chooses the image and starts the container.</summary>
    public static async Task<ThrowawayRecovery> PrepareAsync(OperationContext context, RecoveryChoice choice, RestoreTestPlan plan, bool listens, CancellationToken ct)
    {
        HostContext host = context.Host;
        ThrowawayImage image = await ThrowawayServers.ImageAsync(host, choice.Facts, plan, ct).ConfigureAwait(false);
        SideContainer side = await SideContainer.StartThrowawayAsync(host, image, Folder, listens ? Port : null, null, ct).ConfigureAwait(false);
        try
        {
            await SideImage.RequireMajorAsync(host, side, image.Reference, choice, ct).ConfigureAwait(false);
            long free = 1024 * long.Parse(await side.ShellAsync("set -- $(df -Pk \"$1\" | tail -n 1); echo \"$4\"", ct, Folder).ConfigureAwait(false), CultureInfo.InvariantCulture);
            long needed = choice.PlainSize + choice.WorkSize;
            if (free < needed)
            {
                throw new DrpException(DrpError.NotEnoughSpace, Text.Of(OperationsTexts.NoRoom, image.Reference, SpaceCheck.Size(free), SpaceCheck.Size(needed))) { Subject = image.Reference, Hint = OperationsTexts.NoRoomContainerHint };
            }

            return new ThrowawayContainerRecovery(context, choice, side, image, listens);
        }
        catch
        {
            await side.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override Command Program(string program, params IReadOnlyList<string> arguments) => _side.Exec(true, program, arguments);

    /// <inheritdoc/>
    public override async Task<bool> HasProgramAsync(string program, CancellationToken ct) =>
        (await _context.Host.Processes.RunAsync(_side.Exec(true, "sh", "-c", "command -v \"$1\"", "sh", program), ct).ConfigureAwait(false)).Ok;

    /// <inheritdoc/>
    public override async Task ExtractAsync(BaseRestore restore, Func<Stream, BackupArtifact, Stream>? damage, CancellationToken ct)
    {
        foreach (string folder in Spaces.Values.Prepend(Data)) await _side.MakeFolderAsync(folder, ct).ConfigureAwait(false);
        await restore.ExtractAsync(Data, Spaces, new SideBasePlace(_context.Host, _side, Data), damage, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task ClearAsync(CancellationToken ct) => _side.ShellAsync("rm -rf \"$@\"", ct, [.. Spaces.Values.Prepend(Data)]);

    /// <inheritdoc/>
    public override async Task<string> UrlAsync(string database, CancellationToken ct)
    {
        // Production's own password stays unknown; on the copy a new one takes its place.
        var password = new Secret(Convert.ToHexString(RandomNumberGenerator.GetBytes(24)).ToLowerInvariant());
        _context.Host.Redactor.Remember(password.Reveal());
        string role = Choice.Base.Superuser;
        await Server.Server.ExecuteAsync(database, $"SET password_encryption = 'scram-sha-256'; ALTER ROLE {Sql.Identifier(role)} LOGIN VALID UNTIL 'infinity' PASSWORD {Sql.Literal(password.Reveal())}", ct).ConfigureAwait(false);
        return $"postgresql://{Uri.EscapeDataString(role)}:{password.Reveal()}@{await _side.AddressAsync(Port, ct).ConfigureAwait(false)}/{Uri.EscapeDataString(database)}";
    }

    /// <inheritdoc/>
    protected override async Task<(WalFeed Feed, RecoveryServer Server, RecoveryOutcome Outcome)> RecoverAsync(BaseRestore restore, RecoveryPlan plan, CancellationToken ct)
    {
        IServerPlace place = new SidePlace(_context.Host, _side);
        await BaseRestore.MapAsync(Data, Spaces, place, ct).ConfigureAwait(false);
        IWalExchange exchange = await ContainerExchange.StartAsync(_context.Host, _side, ct).ConfigureAwait(false);
        return await restore.RecoverAsync(plan with { Listens = _listens }, exchange, place, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override ValueTask RemoveAsync() => _side.DisposeAsync();
}
