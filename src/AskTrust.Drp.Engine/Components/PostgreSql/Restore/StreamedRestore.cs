using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Archive;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// Restores an archive by several sessions while it arrives: structure first, then each table's data as soon as it begins to come in and its indexes once it is
/// loaded, then constraints between tables, and privileges. <c>pg_restore --jobs</c> alone would have to wait until the last byte is in a file.
/// </summary>
/// <param name="archive">Runs the programs.</param>
/// <param name="spool">Where the archive goes.</param>
/// <param name="name">Its name, for messages.</param>
/// <param name="jobs">Sessions at the same time.</param>
/// <param name="options">Options for every program.</param>
internal sealed class StreamedRestore(ArchiveRun archive, ArchiveSpool spool, string name, int jobs, IReadOnlyList<string> options)
{
    private int _lists;

    /// <summary>Restores.</summary>
    /// <param name="source">The archive.</param>
    /// <param name="parts">Loads more data, each in one session: the other archives of a set that was dumped in parallel.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Warnings.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(Stream source, IReadOnlyList<Func<CancellationToken, Task<IReadOnlyList<string>>>> parts, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task filling = spool.FillAsync(source, stop.Token);
        try
        {
            return await spool.EntriesAsync(stop.Token).ConfigureAwait(false) is { } entries && ArchiveSteps.Of(entries) is { IsFree: true } steps
                ? await InStepsAsync(steps, filling, parts, stop).ConfigureAwait(false)
                : await WholeAsync(filling, parts, stop).ConfigureAwait(false);
        }
        finally
        {
            // Nobody reads from the source any more once the caller has it back.
            await stop.CancelAsync().ConfigureAwait(false);
            await filling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<IReadOnlyList<string>> InStepsAsync(
        ArchiveSteps steps, Task filling, IReadOnlyList<Func<CancellationToken, Task<IReadOnlyList<string>>>> parts, CancellationTokenSource stop)
    {
        List<string> warnings = [.. await FromHeadAsync([], steps.Before, stop.Token).ConfigureAwait(false)];
        using var sessions = new Sessions(jobs, stop);
        // One session for this archive, then the parts, then whoever is free helps with this archive.
        HashSet<int> built = [];
        sessions.Add(WorkAsync);
        foreach (var part in parts) sessions.Add(part);
        for (int i = 1; i < jobs; i++) sessions.Add(WorkAsync);
        warnings.AddRange(await sessions.AllAsync(filling).ConfigureAwait(false));
        if (spool.Finish() is { State: not DumpArchiveState.Complete } broken)
            throw new DrpException(DrpError.VerificationFailed, Text.Of(RestoreTexts.ArchiveUnreadable, name, $"{broken.State}: {broken.Problem}")) { Subject = name };
        warnings.AddRange(await archive.FromFileAsync(spool.Path, name, jobs, [await ListAsync([.. steps.After.Where(id => !built.Contains(id))], stop.Token).ConfigureAwait(false), .. options], stop.Token).ConfigureAwait(false));
        return warnings;

        async Task<IReadOnlyList<string>> WorkAsync(CancellationToken ct)
        {
            List<string> said = [];
            while (await spool.TakeAsync(ct).ConfigureAwait(false) is { } work)
            {
                said.AddRange(await FromHeadAsync(work.Blocks, work.Blocks.Count > 0 ? [.. work.Blocks.Select(b => b.Entry.Id)] : work.Entries, ct).ConfigureAwait(false));
                if (work.Blocks.Count == 0) continue;
                int[] indexes = [.. work.Blocks.SelectMany(b => steps.Indexes[b.Entry.Id])];
                lock (built) built.UnionWith(indexes);
                // Those of a large table are work for several; those of many small ones are not worth a program each.
                spool.Loaded(work.Blocks.Count == 1 ? indexes.Select(id => (IReadOnlyList<int>)[id]) : indexes.Length > 0 ? [indexes] : []);
            }

            return said;
        }
    }

    /// <summary>A format this program does not know, or data in a fixed order: pg_restore knows how, once it has the file.</summary>
    private async Task<IReadOnlyList<string>> WholeAsync(Task filling, IReadOnlyList<Func<CancellationToken, Task<IReadOnlyList<string>>>> parts, CancellationTokenSource stop)
    {
        await filling.ConfigureAwait(false);
        if (parts.Count == 0) return await archive.FromFileAsync(spool.Path, name, jobs, options, stop.Token).ConfigureAwait(false);
        return await DatabaseRestore.SectionsAsync(SectionAsync, parts, jobs, stop.Token).ConfigureAwait(false);
    }

    private Task<IReadOnlyList<string>> SectionAsync(string section, CancellationToken ct) =>
        archive.FromFileAsync(spool.Path, name, section == DatabaseRestore.PreData ? 1 : jobs, [$"--section={section}", .. options], ct);

    private async Task<IReadOnlyList<string>> FromHeadAsync(IReadOnlyList<DumpBlock> blocks, IReadOnlyList<int> entries, CancellationToken ct)
    {
        Stream extract = spool.Open(blocks);
        await using var _ = extract.ConfigureAwait(false);
        return await archive.FromStreamAsync(extract, name, jobs, [await ListAsync(entries, ct).ConfigureAwait(false), .. options], ct).ConfigureAwait(false);
    }

    /// <summary>Writes a list of entries for pg_restore, which restores nothing else, and gives the option that names it.</summary>
    private async Task<string> ListAsync(IReadOnlyList<int> entries, CancellationToken ct)
    {
        string path = System.IO.Path.Combine(spool.Folder, $"{Interlocked.Increment(ref _lists)}.list");
        await File.WriteAllLinesAsync(path, entries.Select(id => id.ToString(CultureInfo.InvariantCulture) + ";"), ct).ConfigureAwait(false);
        return $"--use-list={path}";
    }
}
