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
    /// <summary>The section of what must be there before the data.</summary>
    public const string PreData = "pre-data";

    /// <summary>Restores.</summary>
    /// <exception cref="DrpException">
    /// <see cref="DrpError.Failed"/> with the server's message, <see cref="DrpError.UnsafeTarget"/> (a script that would leave the
    /// database), <see cref="DrpError.VerificationFailed"/> (a cut script), or what the source throws.
    /// </exception>
    public async Task<RestoreOutcome> RunAsync(RestoreInput input, string database, RestoreSettings settings, CancellationToken ct)
    {
        var roles = await server.QueryAsync(database, "SELECT rolname FROM pg_catalog.pg_roles", ct).ConfigureAwait(false);
        RestoreConnection connection = await RestoreConnection.ToAsync(host, server, database, input.Facts?.DatabaseSize ?? 0, ct).ConfigureAwait(false);
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
                var script = new ScriptRun(host, connection, tolerated, progress);
                var said = await script.RunAsync(source, input.Dump.Name, settings.SingleTransaction, ct).ConfigureAwait(false);
                return new RestoreOutcome(said, 1, progress.Done);
            }

            var archive = new ArchiveRun(host, connection, tolerated, progress);
            return await ArchiveAsync(archive, input, source, settings, progress, ct).ConfigureAwait(false);
        }
        finally
        {
            progress.Finish();
        }
    }

    private static List<string> CommonOptions(RestoreSettings settings) => settings.NoTablespaces ? ["--no-tablespaces"] : [];

    private async Task<RestoreOutcome> ArchiveAsync(
        ArchiveRun archive, RestoreInput input, PeekedStream source, RestoreSettings settings, RestoreProgress progress, CancellationToken ct)
    {
        List<string> options = CommonOptions(settings);
        PlainSource dump = input.Dump;
        int jobs = settings.EffectiveJobs;
        if (input.Data.Count == 0 && (settings.SingleTransaction || jobs == 1))
        {
            if (settings.SingleTransaction) options.Add("--single-transaction");
            return new(await archive.FromStreamAsync(source, dump.Name, 1, options, ct).ConfigureAwait(false), 1, progress.Done);
        }

        if (!server.Where.IsLocal) return await InContainerAsync(archive, input, source, jobs, options, progress, ct).ConfigureAwait(false);
        ArchiveSpool? spool = await ArchiveSpool.TryMakeAsync(host, dump.Size).ConfigureAwait(false);
        if (spool is null)
        {
            RestoreOutcome single = await SingleAsync(archive, input, source, jobs, options, progress, ct).ConfigureAwait(false);
            // Only said when there was a choice.
            return settings.Jobs == 1 || dump.Size is null ? single : single with { Warnings = [.. single.Warnings, Text.Of(RestoreTexts.NotParallel, dump.Name, host.Temp.StateDirectory)] };
        }

        await using var _ = spool.ConfigureAwait(false);
        var streamed = new StreamedRestore(archive, spool, dump.Name, jobs, options);
        return new(await streamed.RunAsync(source, Parts(archive, input, jobs, options), ct).ConfigureAwait(false), jobs, progress.Done);
    }

    /// <summary>In a container that is thrown away the archive may lie as a file, so that indexes are built in parallel; in others it may not.</summary>
    private async Task<RestoreOutcome> InContainerAsync(
        ArchiveRun archive, RestoreInput input, PeekedStream source, int jobs, List<string> options, RestoreProgress progress, CancellationToken ct)
    {
        PlainSource dump = input.Dump;
        ContainerSpool? spool = throwaway ? await ContainerSpool.TryMakeAsync(host, server, dump.Size, ct).ConfigureAwait(false) : null;
        if (spool is null) return await SingleAsync(archive, input, source, jobs, options, progress, ct).ConfigureAwait(false);
        await using var _ = spool.ConfigureAwait(false);
        await spool.FillAsync(source, progress, ct).ConfigureAwait(false);
        if (input.Data.Count == 0) return new(await archive.FromFileAsync(spool.Path, dump.Name, jobs, options, ct).ConfigureAwait(false), jobs, progress.Done);
        return new(await SectionsAsync(SectionAsync, Parts(archive, input, jobs, options), jobs, ct).ConfigureAwait(false), jobs, progress.Done);

        Task<IReadOnlyList<string>> SectionAsync(string section, CancellationToken ct) =>
            archive.FromFileAsync(spool.Path, dump.Name, section == PreData ? 1 : jobs, [$"--section={section}", .. options], ct);
    }

    /// <summary>Without a temporary file: the archive by one session, read again for each section when there are parts.</summary>
    private static async Task<RestoreOutcome> SingleAsync(
        ArchiveRun archive, RestoreInput input, PeekedStream source, int jobs, List<string> options, RestoreProgress progress, CancellationToken ct)
    {
        PlainSource dump = input.Dump;
        if (input.Data.Count == 0) return new(await archive.FromStreamAsync(source, dump.Name, 1, options, ct).ConfigureAwait(false), 1, progress.Done);
        return new(await SectionsAsync(SectionAsync, Parts(archive, input, jobs, options), jobs, ct).ConfigureAwait(false), jobs, progress.Done);

        async Task<IReadOnlyList<string>> SectionAsync(string section, CancellationToken ct)
        {
            Stream stream = section == PreData ? source : await dump.OpenAsync(ct).ConfigureAwait(false);
            await using var _ = stream.ConfigureAwait(false);
            return await archive.FromStreamAsync(stream, dump.Name, jobs, [$"--section={section}", .. options], ct).ConfigureAwait(false);
        }
    }

    /// <summary>A set dumped in parallel: structure first, then every part's data at once, then indexes and constraints.</summary>
    /// <param name="section">Restores one section of the main archive.</param>
    /// <param name="parts">Loads the data of each other archive.</param>
    /// <param name="jobs">Sessions at the same time.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Warnings.</returns>
    public static async Task<IReadOnlyList<string>> SectionsAsync(
        Func<string, CancellationToken, Task<IReadOnlyList<string>>> section, IReadOnlyList<Func<CancellationToken, Task<IReadOnlyList<string>>>> parts, int jobs, CancellationToken ct)
    {
        List<string> warnings = [.. await section(PreData, ct).ConfigureAwait(false)];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var sessions = new Sessions(jobs, stop);
        sessions.Add(ct => section("data", ct));
        foreach (var part in parts) sessions.Add(part);
        warnings.AddRange(await sessions.AllAsync(Task.CompletedTask).ConfigureAwait(false));
        warnings.AddRange(await section("post-data", ct).ConfigureAwait(false));
        return warnings;
    }

    private static List<Func<CancellationToken, Task<IReadOnlyList<string>>>> Parts(ArchiveRun archive, RestoreInput input, int jobs, List<string> options) =>
        [.. input.Data.Select(part => (Func<CancellationToken, Task<IReadOnlyList<string>>>)(ct => PartAsync(archive, part, jobs, options, ct)))];

    private static async Task<IReadOnlyList<string>> PartAsync(ArchiveRun archive, PlainSource part, int jobs, List<string> options, CancellationToken ct)
    {
        Stream stream = await part.OpenAsync(ct).ConfigureAwait(false);
        await using var _ = stream.ConfigureAwait(false);
        return await archive.FromStreamAsync(stream, part.Name, jobs, ["--section=data", .. options], ct).ConfigureAwait(false);
    }
}
