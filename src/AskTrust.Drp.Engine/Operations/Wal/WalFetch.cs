using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>
/// Fetches one file of the WAL, for <c>restore_command</c>, and the next ones with it. “It is not in the archive” is an answer; “nobody knows” is an
/// exception, on which the recovery must stop: PostgreSQL would take it for the end of the WAL.
/// </summary>
internal sealed class WalFetch(OperationContext context, WalFetchOptions options)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(15);

    /// <summary>Runs.</summary>
    public async Task<WalFetchResult> RunAsync(CancellationToken ct)
    {
        WalName name = WalName.Parse(options.Name);
        CatalogContext catalog = Narrow();
        WalComponent component = WalComponent.Find(context, options.Component);
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        var archive = new WalArchive(catalog, context.Plan.Compression, encryption);
        ulong system = await PatientlyAsync(() => SystemAsync(catalog, archive, component, ct), ct).ConfigureAwait(false);
        string destination = Path.GetFullPath(options.Destination);
        if (name.Kind != WalKind.Segment || (options.Prefetch ?? component.PointInTime.Prefetch) == 0 || WalAhead.Open(context, system) is not { } ahead)
            return Result(name, await GetAsync(archive, system, name, destination, ct).ConfigureAwait(false));
        if (await TakeAsync(ahead, name, destination, ct).ConfigureAwait(false)) return Result(name, found: true) with { Ahead = true };
        int size = WalArchive.SegmentSizeOf(await PatientlyAsync(() => ServersAsync(catalog, archive, ct), ct).ConfigureAwait(false), system);
        WalName next = name.Next(size);
        ahead.Ask(next);
        if (options.Feeder.Count > 0 && !ahead.IsFed)
        {
            // The feeder takes a moment to begin: whoever asks meanwhile waits for it, in place of starting another of us.
            ahead.SetComing(next, true);
            await StartFeederAsync(component, system, ct).ConfigureAwait(false);
        }

        return Result(name, await GetAsync(archive, system, name, destination, ct).ConfigureAwait(false));
    }

    /// <summary>Keeps segments ready for a recovery until nobody has taken one for a while.</summary>
    public async Task FeedAsync(CancellationToken ct)
    {
        CatalogContext catalog = Narrow();
        WalComponent component = WalComponent.Find(context, options.Component);
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        var archive = new WalArchive(catalog, context.Plan.Compression, encryption);
        ulong system = await SystemAsync(catalog, archive, component, ct).ConfigureAwait(false);
        if (WalAhead.Open(context, system) is not { } ahead) return;
        int size = WalArchive.SegmentSizeOf(await ServersAsync(catalog, archive, ct).ConfigureAwait(false), system);
        await new WalFeeder(context, archive, ahead, system, size, options.Prefetch ?? component.PointInTime.Prefetch).RunAsync(ct).ConfigureAwait(false);
    }

    /// <summary>
    /// What <c>restore_command</c> should be: a segment that was fetched ahead is taken by <c>mv</c>, which starts faster than any program of ours, and one that is just being
    /// fetched is waited for; some four seconds at most, since a feeder that was killed leaves its mark.
    /// </summary>
    /// <param name="program">What runs <c>drp</c>.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<string> RestoreCommandAsync(IReadOnlyList<string> program, CancellationToken ct)
    {
        WalComponent component = WalComponent.Find(context, options.Component);
        ulong system = await SystemAsync(context.Catalog, new WalArchive(context.Catalog, context.Plan.Compression, null), component, ct).ConfigureAwait(false);
        string folder = WalAhead.PathOf(context, system), take = $"""mv "{folder}/%f" "%p" 2>/dev/null""";
        return $$"""{{take}} || { i=0; while [ -e "{{folder}}/{{WalAhead.Mark}}%f" ] && [ $i -lt 200 ]; do sleep 0.02; i=$((i+1)); done; {{take}}; } || DRP_STATE="{{context.Host.Temp.StateDirectory}}" {{string.Join(' ', program.Select(p => $"\"{p}\""))}} wal fetch "%f" "%p" --component {{component.Name}} --plan "{{context.Plan.Path}}" """.TrimEnd();
    }

    /// <summary>One that is ready, or that the feeder is just fetching.</summary>
    private async Task<bool> TakeAsync(WalAhead ahead, WalName name, string destination, CancellationToken ct)
    {
        while (!ahead.Take(name, destination))
        {
            // Looked at in this order: it may have come in between.
            if (!ahead.IsComing(name) || !ahead.IsFed) return ahead.Take(name, destination);
            await Task.Delay(s_look, context.Clock, ct).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>In a session of its own, with nothing of ours open: it outlives us, and the server does not wait for it.</summary>
    private async Task StartFeederAsync(WalComponent component, ulong system, CancellationToken ct)
    {
        List<string> feeder = [.. options.Feeder, "--component", component.Name, "--system", system.ToString(CultureInfo.InvariantCulture), "--plan", context.Plan.Path];
        if (options.Prefetch is { } count) feeder.AddRange(["--prefetch", count.ToString(CultureInfo.InvariantCulture)]);
        foreach (string repository in options.Repositories) feeder.AddRange(["--repository", repository]);
        var command = new Command("/bin/sh", ["-c", "setsid \"$@\" </dev/null >/dev/null 2>&1 &", "sh", .. feeder])
        {
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DRP_STATE"] = context.Host.Temp.StateDirectory },
        };
        ProcessResult started = await context.Host.Processes.RunAsync(command, ct).ConfigureAwait(false);
        if (!started.Ok) context.Host.Say(DrpEventLevel.Verbose, started.Errors);
    }

    private async Task<bool> GetAsync(WalArchive archive, ulong system, WalName name, string destination, CancellationToken ct) =>
        await PatientlyAsync(() => GetOnceAsync(archive, system, name, destination, ct), ct).ConfigureAwait(false) != WalGetOutcome.NotInArchive;

    /// <summary>A hole is not the end: the segment may be on its way (several are shipped at once), and where it is lost, the operator must decide.</summary>
    private static async Task<WalGetOutcome> GetOnceAsync(WalArchive archive, ulong system, WalName name, string destination, CancellationToken ct)
    {
        WalGetOutcome got = await archive.GetAsync(system, name, destination, ct).ConfigureAwait(false);
        if (got == WalGetOutcome.Found || name.Kind != WalKind.Segment || !await archive.IsHoleAsync(system, name, ct).ConfigureAwait(false)) return got;
        File.Delete(destination);
        throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.WalHoleMet, name)) { Subject = name.Text, Hint = OperationsTexts.WalHoleMetHint };
    }

    /// <summary>Tries again while a repository is silent, for a bounded time.</summary>
    private async Task<T> PatientlyAsync<T>(Func<Task<T>> work, CancellationToken ct)
    {
        long start = context.Clock.GetTimestamp();
        for (TimeSpan pause = s_firstPause; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks)))
        {
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (DrpException e) when (e.Code is not (DrpError.KeyOrPassphrase or DrpError.PlanInvalid or DrpError.VerificationFailed or DrpError.NotEnoughSpace)
                && context.Clock.GetElapsedTime(start) + pause < options.Patience)
            {
                context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalAgain, options.Name, e.Message));
            }

            await Task.Delay(pause, context.Clock, ct).ConfigureAwait(false);
        }
    }

    private async Task<ulong> SystemAsync(CatalogContext catalog, WalArchive archive, WalComponent component, CancellationToken ct)
    {
        if (options.System is { } text)
        {
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong given)
                ? given
                : throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.WalNoSystem, text)) { Subject = text };
        }

        if (WalHeader.SystemOf(Environment.CurrentDirectory) is { } own) return own;
        WalServer[] known = [.. (await ServersAsync(catalog, archive, ct).ConfigureAwait(false)).Where(s => s.Component == component.Name).DistinctBy(s => s.System)];
        return known is [var one]
            ? one.System
            : throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.WalWhichSystem, component.Name, string.Join(", ", known.Select(k => k.System)))) { Hint = OperationsTexts.WalWhichSystemHint };
    }

    private static async Task<IReadOnlyList<WalServer>> ServersAsync(CatalogContext catalog, WalArchive archive, CancellationToken ct)
    {
        DrpException? error = null;
        List<WalServer> servers = [];
        foreach (IRepository repository in catalog.Repositories)
        {
            try
            {
                servers.AddRange(await archive.ServersAsync(repository, ct).ConfigureAwait(false));
            }
            catch (DrpException e)
            {
                error = e;
            }
        }

        return servers.Count == 0 && error is not null ? throw error : servers;
    }

    private CatalogContext Narrow()
    {
        if (options.Repositories.Count == 0) return context.Catalog;
        string? unknown = options.Repositories.FirstOrDefault(n => !context.Catalog.Repositories.Any(r => r.Name == n));
        return unknown is null
            ? context.Catalog with { Repositories = [.. context.Catalog.Repositories.Where(r => options.Repositories.Contains(r.Name))] }
            : throw new DrpException(DrpError.PlanInvalid, Text.Of(CatalogTexts.RepositoryUnknown, unknown)) { Subject = unknown };
    }

    private WalFetchResult Result(WalName name, bool found) => new() { Plan = context.Plan.Path, Name = name.Text, Found = found };
}
