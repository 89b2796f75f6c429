using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// A base recovered as a server to be thrown away, beside everything else: in a folder of this machine, or in a container of production's image. Disposing stops the
/// server and removes all of it; when we are killed, the next run's sweeper does so.
/// </summary>
internal abstract class ThrowawayRecovery : IAsyncDisposable
{
    private WalFeed? _feed;
    private RecoveryServer? _server;

    /// <summary>For a base.</summary>
    /// <param name="choice">The base.</param>
    /// <param name="folder">Everything lies below it, as the server sees it.</param>
    protected ThrowawayRecovery(RecoveryChoice choice, string folder)
    {
        (Choice, Data) = (choice, $"{folder}/data");
        Spaces = choice.Base.Tablespaces.ToDictionary(t => t.Oid, t => string.Create(CultureInfo.InvariantCulture, $"{folder}/ts{t.Oid}"));
    }

    /// <summary>For people and evidence: <c>cluster</c>, or <c>container</c> and the image.</summary>
    public abstract string Where { get; }

    /// <summary>What an operator should know of the place.</summary>
    public virtual IReadOnlyList<string> Warnings => [];

    /// <summary>Data directory.</summary>
    public string Data { get; }

    /// <summary>The server; after it was recovered.</summary>
    public RecoveryServer Server => _server!;

    /// <summary>Folder of its socket.</summary>
    public string Socket => _feed!.Folder;

    /// <summary>What is recovered.</summary>
    protected RecoveryChoice Choice { get; }

    /// <summary>Folder of each tablespace.</summary>
    protected IReadOnlyDictionary<uint, string> Spaces { get; }

    /// <summary>Makes the place: where the plan says, else a container for the base of a container, else a folder.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="choice">The base.</param>
    /// <param name="asked">Where; null = as the plan says.</param>
    /// <param name="listens">It will be asked over TCP, see <see cref="UrlAsync"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException">
    /// <see cref="DrpError.Unreachable"/>: no programs of the server's major version here, no user to run them, no Docker, no such image;
    /// <see cref="DrpError.NotEnoughSpace"/>.
    /// </exception>
    public static async Task<ThrowawayRecovery> PrepareAsync(OperationContext context, RecoveryChoice choice, RestoreTestWhere? asked, bool listens, CancellationToken ct)
    {
        RestoreTestPlan plan = (context.Plan.Components.GetValueOrDefault(choice.Component.Component) as PostgreSqlPlan)?.RestoreTest ?? new RestoreTestPlan();
        return ThrowawayServers.InContainer(choice.Facts, plan, asked)
            ? await ThrowawayContainerRecovery.PrepareAsync(context, choice, plan, listens, ct).ConfigureAwait(false)
            : await ThrowawayFolderRecovery.PrepareAsync(context, choice, ct).ConfigureAwait(false);
    }

    /// <summary>A program of the server's, run where it is and as its user.</summary>
    public abstract Command Program(string program, params IReadOnlyList<string> arguments);

    /// <summary>True when there is such a program.</summary>
    public abstract Task<bool> HasProgramAsync(string program, CancellationToken ct);

    /// <summary>Extracts the base.</summary>
    /// <param name="restore">Brings it.</param>
    /// <param name="damage">Changes the stored bytes on their way, for negative controls; null = leave them alone.</param>
    /// <param name="ct">Cancels.</param>
    public abstract Task ExtractAsync(BaseRestore restore, Func<Stream, BackupArtifact, Stream>? damage, CancellationToken ct);

    /// <summary>Removes what was extracted.</summary>
    public abstract Task ClearAsync(CancellationToken ct);

    /// <summary>A connection URL for programs of this machine.</summary>
    public abstract Task<string> UrlAsync(string database, CancellationToken ct);

    /// <summary>Recovers to the target; the server then runs.</summary>
    public async Task<RecoveryOutcome> RecoverAsync(BaseRestore restore, RecoveryTarget target, bool exclusive, CancellationToken ct)
    {
        var plan = new RecoveryPlan
        {
            Data = Data, Target = target, Exclusive = exclusive, Timeline = Choice.Timeline, Facts = Choice.Facts, Throwaway = true, EndIsEnough = Choice.EndIsEnough,
        };
        (_feed, _server, RecoveryOutcome outcome) = await RecoverAsync(restore, plan, ct).ConfigureAwait(false);
        return outcome;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
        if (_feed is not null) await _feed.DisposeAsync().ConfigureAwait(false);
        await RemoveAsync().ConfigureAwait(false);
    }

    /// <summary>Recovers, there.</summary>
    protected abstract Task<(WalFeed Feed, RecoveryServer Server, RecoveryOutcome Outcome)> RecoverAsync(BaseRestore restore, RecoveryPlan plan, CancellationToken ct);

    /// <summary>Removes the place.</summary>
    protected abstract ValueTask RemoveAsync();
}
