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
        if (Ahead(system) is { } folder && name.Kind == WalKind.Segment)
        {
            string ready = Path.Combine(folder, name.Text);
            Forget(folder, name);
            if (File.Exists(ready))
            {
                File.Move(ready, destination, overwrite: true);
                return Result(name, found: true) with { Ahead = true };
            }

            int count = options.Prefetch ?? component.PointInTime.Prefetch;
            int size = count == 0 ? 0 : WalArchive.SegmentSizeOf(await PatientlyAsync(() => ServersAsync(catalog, archive, ct), ct).ConfigureAwait(false), system);
            Task[] ahead = [.. Enumerable.Range(1, count).Select(i => AheadAsync(archive, system, name.Next(size, i), folder, ct))];
            try
            {
                return Result(name, await GetAsync(archive, system, name, destination, ct).ConfigureAwait(false));
            }
            finally
            {
                await Task.WhenAll(ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return Result(name, await GetAsync(archive, system, name, destination, ct).ConfigureAwait(false));
    }

    private async Task<bool> GetAsync(WalArchive archive, ulong system, WalName name, string destination, CancellationToken ct) =>
        await PatientlyAsync(() => archive.GetAsync(system, name, destination, ct), ct).ConfigureAwait(false) == WalGetOutcome.Found;

    private static async Task AheadAsync(WalArchive archive, ulong system, WalName name, string folder, CancellationToken ct)
    {
        string ready = Path.Combine(folder, name.Text);
        if (!File.Exists(ready)) await archive.GetAsync(system, name, ready, ct, wholeOnly: true).ConfigureAwait(false);
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

    /// <summary>Where fetched segments wait; null when this user has no state directory: then nothing is fetched ahead.</summary>
    private string? Ahead(ulong system)
    {
        try
        {
            string folder = Path.Combine(context.Host.Temp.StateFolder("wal-ahead"), $"{context.Plan.Name}-{system}");
            Directory.CreateDirectory(folder);
            return folder;
        }
        catch (Exception e) when (e is DrpException or IOException or UnauthorizedAccessException)
        {
            context.Host.Say(DrpEventLevel.Verbose, e.Message);
            return null;
        }
    }

    /// <summary>Recovery goes forward: what lies before is of no use, nor what another timeline left.</summary>
    private static void Forget(string folder, WalName name)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            string other = Path.GetFileName(file);
            if (WalName.TryParse(other) is not { } ahead || ahead.Timeline != name.Timeline || string.CompareOrdinal(other, name.Text) < 0) File.Delete(file);
        }
    }

    private WalFetchResult Result(WalName name, bool found) => new() { Plan = context.Plan.Path, Name = name.Text, Found = found };
}
