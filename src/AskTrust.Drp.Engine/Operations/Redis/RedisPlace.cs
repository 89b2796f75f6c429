using System.Globalization;
using AskTrust.Drp.Engine.Components.Containers;
using AskTrust.Drp.Engine.Components.Redis;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Redis;

/// <summary>A data directory that is restored into: on this machine, of a server that stands still; or in the volume of a container, which is stopped for the exchange.</summary>
internal sealed class RedisPlace : IAsyncDisposable
{
    private const string Server = "redis-server";
    private static readonly TimeSpan s_stop = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_start = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private readonly HostContext _host;
    private readonly ContainerEngine _engine;
    private readonly ContainerFacts? _container;
    private readonly HelperContainer? _helper;
    private readonly RedisPlan? _plan;

    private RedisPlace(HostContext host, string folder, ContainerFacts? container, HelperContainer? helper, RedisPlan? plan)
    {
        (_host, Folder, _container, _helper, _plan) = (host, folder, container, helper, plan);
        _engine = new ContainerEngine(host);
        Shell = new PlaceShell(host, helper?.Target ?? LocalTarget.Instance);
        WasRunning = container?.IsRunning ?? false;
    }

    /// <summary>The data directory.</summary>
    public string Folder { get; }

    /// <summary>Works there.</summary>
    public PlaceShell Shell { get; }

    /// <summary>True when the container ran before.</summary>
    public bool WasRunning { get; }

    /// <summary>For people.</summary>
    public string Description => _container is { } c ? $"{c.Name}:{Folder}" : Folder;

    /// <summary>Name of the container; null on this machine.</summary>
    public string? ContainerName => _container?.Name;

    /// <summary>The place a set is restored to.</summary>
    public static async Task<RedisPlace> OfAsync(OperationContext context, ComponentSet set, string? destination, CancellationToken ct)
    {
        var plan = context.Plan.Components.GetValueOrDefault(set.Facts.Component) as RedisPlan;
        RedisFacts facts = set.Facts.Redis!;
        if (destination is not null) return Here(context.Host, destination, null);
        if (plan is null) throw new DrpException(DrpError.PlanInvalid, Text.Of(RedisRunTexts.NoPlace, set.Facts.Component)) { Subject = set.Facts.Component, Hint = RedisRunTexts.NoPlaceHint };
        if (await RedisClient.FindContainerAsync(plan, context.Host, stoppedToo: true, ct).ConfigureAwait(false) is { } container)
            return await InAsync(context.Host, container, facts.Directory, plan, ct).ConfigureAwait(false);
        bool remote = plan.DataDirectory is null && new Uri(plan.Url!) is { Scheme: not "unix" } url && !url.IsLoopback;
        if (remote) throw new DrpException(DrpError.UnsafeTarget, Text.Of(RedisRunTexts.OtherMachine, plan.Url)) { Subject = plan.Url, Hint = RedisRunTexts.NoPlaceHint };
        return Here(context.Host, plan.DataDirectory ?? facts.Directory, plan);
    }

    /// <summary>The place of a restore that is remembered.</summary>
    public static async Task<RedisPlace> OfAsync(OperationContext context, RestoreEntry entry, CancellationToken ct)
    {
        var plan = context.Plan.Components.GetValueOrDefault(entry.Component) as RedisPlan;
        string folder = entry.DataDirectory!;
        if (entry.Container is null) return Here(context.Host, folder, plan);
        return await InAsync(context.Host, await new ContainerEngine(context.Host).InspectAsync(entry.Container, ct).ConfigureAwait(false), folder, plan, ct).ConfigureAwait(false);
    }

    /// <summary>What an entry has to say so that the place is found again.</summary>
    public RestoreEntry Describe(RestoreEntry entry) => entry with
    {
        DataDirectory = Folder, Container = _container?.Id, ContainerName = _container?.Name,
        Notes = new Dictionary<string, string>(StringComparer.Ordinal) { ["running"] = WasRunning ? "yes" : "no" },
    };

    /// <summary>
    /// A server that uses the folder now, and that we cannot stop: one of this machine's processes that stands in it, or one that answers where the plan says, which may run in a
    /// container, or as somebody whose processes we cannot see.
    /// </summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: it would write its own data over what is restored when it ends.</exception>
    public async Task RequireStillAsync(CancellationToken ct)
    {
        if (_container is not null) return;
        string? runs = ProcessesIn.Folder(Folder, Server) is [var id, ..] ? Text.Of(RedisRunTexts.ServerRuns, Folder, id.ToString(CultureInfo.InvariantCulture))
            : await AnswersAsync(ct).ConfigureAwait(false) ? Text.Of(RedisRunTexts.ServerAnswers, _plan!.Url, Folder)
            : null;
        if (runs is not null) throw new DrpException(DrpError.UnsafeTarget, runs) { Subject = Folder, Hint = RedisRunTexts.ServerRunsHint };
    }

    private async Task<bool> AnswersAsync(CancellationToken ct)
    {
        if (_plan?.Url is null || _host.Processes.Find(RedisClient.Program) is null) return false;
        try
        {
            await (await RedisClient.OfAsync(_plan, _host, ct).ConfigureAwait(false)).AskAsync(ct, "PING").ConfigureAwait(false);
            return true;
        }
        catch (DrpException e)
        {
            // One that still loads its data, or does not know the password, runs all the same.
            return e.Code != DrpError.Unreachable || e.Message.Contains("LOADING", StringComparison.Ordinal);
        }
    }

    /// <summary>Stops the container, in order; a server on this machine stands still already.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        if (_container is { } c) await _engine.StopAsync([c.Id], s_grace, s_stop, ct).ConfigureAwait(false);
    }

    /// <summary>Starts the container again, if it ran, and waits until the server has loaded its data.</summary>
    /// <returns>The server; null where none was started.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: it does not start, with its last words.</exception>
    public Task<RedisClient?> StartAsync(CancellationToken ct) => WasRunning ? StartStoppedAsync(ct) : Task.FromResult<RedisClient?>(null);

    /// <summary>The same when it did not run when we came.</summary>
    public async Task<RedisClient?> StartStoppedAsync(CancellationToken ct)
    {
        if (_container is not { } container) return null;
        await _engine.RunAsync(s_start, ct, "start", container.Id).ConfigureAwait(false);
        if (_plan is null) return null;
        long began = _host.Clock.GetTimestamp();
        while (true)
        {
            DrpException said;
            try
            {
                RedisClient client = await RedisClient.OfAsync(_plan, _host, ct).ConfigureAwait(false);
                await client.AskAsync(ct, "PING").ConfigureAwait(false);
                return client;
            }
            catch (DrpException e) when (e.Code == DrpError.Unreachable)
            {
                said = e;
            }

            bool runs = (await _engine.InspectAsync(container.Id, ct).ConfigureAwait(false)).IsRunning;
            if (!runs || _host.Clock.GetElapsedTime(began) > s_start)
                throw new DrpException(DrpError.Failed, Text.Of(RedisRunTexts.DoesNotStart, container.Name, await _engine.LastWordsAsync(container.Id, 5, ct).ConfigureAwait(false)), said) { Subject = container.Name };
            await Task.Delay(s_look, _host.Clock, ct).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _helper?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static RedisPlace Here(HostContext host, string folder, RedisPlan? plan) => new(host, Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), null, null, plan);

    private static async Task<RedisPlace> InAsync(HostContext host, ContainerFacts container, string folder, RedisPlan? plan, CancellationToken ct)
    {
        if (!container.Mounts.Any(m => folder == m.Destination || folder.StartsWith(m.Destination.TrimEnd('/') + "/", StringComparison.Ordinal)))
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(RedisRunTexts.NotInVolume, folder, container.Name)) { Subject = container.Name, Hint = RedisRunTexts.NotInVolumeHint };
        return new RedisPlace(host, folder, container, await HelperContainer.WithVolumesOfAsync(host, container, ct).ConfigureAwait(false), plan);
    }
}
