using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Runs of <c>pg_restore</c> into one database.</summary>
internal sealed class ArchiveRun(HostContext host, RestoreConnection connection, ToleratedError tolerated, RestoreProgress progress)
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Runs over a file that lies where the server's programs run, in parallel.</summary>
    public Task<IReadOnlyList<string>> FromFileAsync(string path, string name, int jobs, IReadOnlyList<string> options, CancellationToken ct) =>
        RunAsync(name, jobs, [$"--jobs={jobs}", .. options, path], source: null, ct);

    /// <summary>Runs over a stream, one job.</summary>
    public Task<IReadOnlyList<string>> FromStreamAsync(Stream source, string name, int sessions, IReadOnlyList<string> options, CancellationToken ct) =>
        RunAsync(name, sessions, options, source, ct);

    private async Task<IReadOnlyList<string>> RunAsync(string name, int sessions, IReadOnlyList<string> options, Stream? source, CancellationToken ct)
    {
        bool strict = options.Contains("--single-transaction", StringComparer.Ordinal);
        // Without --exit-on-error, because harmless errors must not end it; the first other error does, through the log.
        Command command = connection.Tool("pg_restore", sessions, ["--verbose", .. strict ? ["--exit-on-error"] : Array.Empty<string>(), .. options]);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var log = new RestoreLog(tolerated, progress.Step, stop.Cancel);
        IRunningProcess process = host.Processes.Start(command);
        await using var _ = process.ConfigureAwait(false);
        process.OnErrorLine = log.Take;
        Task draining = process.Output.CopyToAsync(Stream.Null, stop.Token);
        int code = -1;
        try
        {
            if (source is not null) await FeedAsync(source, process, stop.Token).ConfigureAwait(false);
            else await process.TryCloseInputAsync().ConfigureAwait(false);
            code = await process.WaitAsync(stop.Token).ConfigureAwait(false);
            await draining.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The log stopped it at the first real error; disposing ends the program.
        }

        log.End();
        if (code == 0 && log.Failure is null) return log.Warnings;
        if (code == 1 && log.AreAllErrorsTolerated(parallel: source is null && sessions > 1)) return log.Warnings;
        throw Failed(name, log, code, process.Errors);
    }

    private async Task FeedAsync(Stream source, IRunningProcess process, CancellationToken ct)
    {
        byte[] buffer = new byte[BufferSize];
        while (await source.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and int count)
        {
            progress.Add(count);
            if (!await process.TryWriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false)) return;
        }

        // Only a source that ended well ends the input: a program that sees the end of a broken one might commit what it has.
        await process.TryCloseInputAsync().ConfigureAwait(false);
    }

    private DrpException Failed(string name, RestoreLog log, int code, string errors)
    {
        string said = log.Failure ?? LastLine(errors);
        string? hint = said.Contains("unsupported version", StringComparison.Ordinal) ? Text.Of(RestoreTexts.ArchiveTooNewHint, connection.Major) : null;
        DrpError error = PostgreSqlErrors.Classify(said) is DrpError.Unreachable and var lost ? lost : DrpError.Failed;
        return new DrpException(error, Text.Of(RestoreTexts.RestoreFailed, name, connection.Database, said.Length == 0 ? $"pg_restore: {code}" : said)) { Hint = hint ?? RestoreTexts.RestoreFailedHint, Subject = connection.Database };
    }

    private static string LastLine(string errors) =>
        errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault(l => !l.StartsWith("pg_restore: creating", StringComparison.Ordinal)) ?? "";
}
