using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// Restores plain dumps into one database: archives with pg_restore (in parallel where a temporary file fits), scripts with
/// psql, sets of parallel parts section by section. Whether that database may be written to is decided by <see cref="DatabaseReplacement"/>.
/// </summary>
/// <param name="host">The host.</param>
/// <param name="server">The server.</param>
/// <param name="throwaway">The server is a throw-away one: its container may hold temporary files.</param>
internal sealed class DatabaseRestore(HostContext host, IPostgreSqlServer server, bool throwaway = false)
{
    /// <summary>Restores.</summary>
    /// <exception cref="DrpException">
    /// <see cref="DrpError.Failed"/> with the server's message, <see cref="DrpError.UnsafeTarget"/> (a script that would leave the
    /// database), <see cref="DrpError.VerificationFailed"/> (a cut script), or what the source throws.
    /// </exception>
    public async Task<RestoreOutcome> RunAsync(RestoreInput input, string database, RestoreSettings settings, CancellationToken ct)
    {
        var roles = await server.QueryAsync(database, "SELECT rolname FROM pg_catalog.pg_roles", ct).ConfigureAwait(false);
        var tolerated = new ToleratedError(roles.Select(r => r[0]!).ToHashSet(StringComparer.Ordinal));
        long? total = input.Data.Aggregate(input.Dump.Size, (sum, part) => sum + part.Size);
        var progress = new RestoreProgress(host, settings.Activity ?? Text.Of(RestoreTexts.Restoring, database), total);
        try
        {
            Stream opened = await input.Dump.OpenAsync(ct).ConfigureAwait(false);
            PeekedStream source = await PeekedStream.PeekAsync(opened, DumpFormats.HeadSize, ct).ConfigureAwait(false);
            await using var _ = source.ConfigureAwait(false);
            DumpFormat format = DumpFormats.Recognise(source.Start.Span, input.Dump.Name);
            if (format == DumpFormat.Tar) settings = settings with { Jobs = 1 };
            if (format == DumpFormat.Script)
            {
                if (input.Data.Count > 0) throw new DrpException(DrpError.Failed, Text.Of(RestoreTexts.PartsOfScript, input.Dump.Name)) { Subject = input.Dump.Name };
                var script = new ScriptRun(host, server, database, tolerated, progress);
                var said = await script.RunAsync(source, input.Dump.Name, settings.SingleTransaction, ct).ConfigureAwait(false);
                return new RestoreOutcome(said, 1, progress.Done);
            }

            var archive = new ArchiveRun(host, server, database, tolerated, progress);
            return input.Data.Count > 0
                ? await PartsAsync(archive, input, source, settings, progress, ct).ConfigureAwait(false)
                : await WholeAsync(archive, input.Dump, source, settings, progress, ct).ConfigureAwait(false);
        }
        finally
        {
            progress.Finish();
        }
    }

    private static List<string> CommonOptions(RestoreSettings settings) => settings.NoTablespaces ? ["--no-tablespaces"] : [];

    private async Task<RestoreOutcome> WholeAsync(
        ArchiveRun archive, PlainSource dump, PeekedStream source, RestoreSettings settings, RestoreProgress progress, CancellationToken ct)
    {
        List<string> options = CommonOptions(settings);
        int jobs = settings.EffectiveJobs;
        if (settings.SingleTransaction)
        {
            options.Add("--single-transaction");
            return new(await archive.FromStreamAsync(source, dump.Name, 1, options, ct).ConfigureAwait(false), 1, progress.Done);
        }

        if (jobs == 1) return new(await archive.FromStreamAsync(source, dump.Name, 1, options, ct).ConfigureAwait(false), 1, progress.Done);
        RestoreSpool? spool = await RestoreSpool.TryMakeAsync(host, server, dump.Size, throwaway, ct).ConfigureAwait(false);
        if (spool is null)
        {
            var warnings = await archive.FromStreamAsync(source, dump.Name, 1, options, ct).ConfigureAwait(false);
            return new([.. warnings, .. NotParallel(dump, settings)], 1, progress.Done);
        }

        await using var _ = spool.ConfigureAwait(false);
        await spool.FillAsync(source, progress, ct).ConfigureAwait(false);
        return new(await archive.FromFileAsync(spool.Path, dump.Name, jobs, options, ct).ConfigureAwait(false), jobs, progress.Done);
    }

    /// <summary>A set dumped in parallel: structure first, then every part's data at once, then indexes and constraints.</summary>
    private async Task<RestoreOutcome> PartsAsync(
        ArchiveRun archive, RestoreInput input, PeekedStream source, RestoreSettings settings, RestoreProgress progress, CancellationToken ct)
    {
        List<string> options = CommonOptions(settings);
        int jobs = settings.EffectiveJobs;
        PlainSource dump = input.Dump;
        List<string> warnings = [];
        RestoreSpool? spool = await RestoreSpool.TryMakeAsync(host, server, dump.Size, throwaway, ct).ConfigureAwait(false);
        await using var _ = (spool ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        if (spool is not null) await spool.FillAsync(source, progress, ct).ConfigureAwait(false);
        warnings.AddRange(await SectionAsync("pre-data", spool is null ? source : null, ct).ConfigureAwait(false));

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var slots = new SemaphoreSlim(jobs);
        List<Task<IReadOnlyList<string>>> running = [InSlotAsync(() => SectionAsync("data", null, stop.Token))];
        running.AddRange(input.Data.Select(part => InSlotAsync(() => PartAsync(archive, part, jobs, options, stop.Token))));
        foreach (var done in await AllOrFirstFailureAsync(running, stop).ConfigureAwait(false)) warnings.AddRange(done);

        warnings.AddRange(await SectionAsync("post-data", null, ct).ConfigureAwait(false));
        if (spool is null) warnings.AddRange(NotParallel(dump, settings));
        return new(warnings, jobs, progress.Done);

        async Task<IReadOnlyList<string>> SectionAsync(string section, Stream? first, CancellationToken ct)
        {
            string[] all = [$"--section={section}", .. options];
            if (spool is not null) return await archive.FromFileAsync(spool.Path, dump.Name, section == "pre-data" ? 1 : jobs, all, ct).ConfigureAwait(false);
            Stream stream = first ?? await dump.OpenAsync(ct).ConfigureAwait(false);
            await using var __ = stream.ConfigureAwait(false);
            return await archive.FromStreamAsync(stream, dump.Name, jobs, all, ct).ConfigureAwait(false);
        }

        async Task<IReadOnlyList<string>> InSlotAsync(Func<Task<IReadOnlyList<string>>> work)
        {
            await slots.WaitAsync(stop.Token).ConfigureAwait(false);
            try
            {
                return await work().ConfigureAwait(false);
            }
            finally
            {
                slots.Release();
            }
        }
    }

    private static async Task<IReadOnlyList<string>> PartAsync(ArchiveRun archive, PlainSource part, int jobs, List<string> options, CancellationToken ct)
    {
        Stream stream = await part.OpenAsync(ct).ConfigureAwait(false);
        await using var _ = stream.ConfigureAwait(false);
        return await archive.FromStreamAsync(stream, part.Name, jobs, ["--section=data", .. options], ct).ConfigureAwait(false);
    }

    /// <summary>Waits for all; the first failure stops the others, and is what the caller hears of.</summary>
    private static async Task<IReadOnlyList<string>[]> AllOrFirstFailureAsync(List<Task<IReadOnlyList<string>>> running, CancellationTokenSource stop)
    {
        var open = new List<Task<IReadOnlyList<string>>>(running);
        Exception? first = null;
        while (open.Count > 0)
        {
            var done = await Task.WhenAny(open).ConfigureAwait(false);
            open.Remove(done);
            if (done.IsCompletedSuccessfully) continue;
            first ??= done.Exception?.GetBaseException() ?? new OperationCanceledException(stop.Token);
            await stop.CancelAsync().ConfigureAwait(false);
        }

        if (first is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        return await Task.WhenAll(running).ConfigureAwait(false);
    }

    /// <summary>One job although more were wanted: said only when there was a choice.</summary>
    private IEnumerable<string> NotParallel(PlainSource dump, RestoreSettings settings)
    {
        if (settings.Jobs == 1 || dump.Size is null || !server.Where.IsLocal) return [];
        return [Text.Of(RestoreTexts.NotParallel, dump.Name, host.Temp.StateDirectory)];
    }

    private sealed class Nothing : IAsyncDisposable
    {
        public static readonly Nothing Instance = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
