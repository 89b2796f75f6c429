using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Runs an SQL script with psql into one database, under the eyes of a <see cref="ScriptGuard"/>.</summary>
internal sealed class ScriptRun(HostContext host, RestoreConnection connection, ToleratedError tolerated, RestoreProgress progress)
{
    /// <summary>Runs it.</summary>
    /// <returns>Warnings.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(Stream source, string name, bool singleTransaction, CancellationToken ct)
    {
        Command command = connection.Tool("psql", 1,
        [
            "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose", .. singleTransaction ? ["--single-transaction"] : Array.Empty<string>(), "--file=-",
        ]);
        var guard = new ScriptGuard(name, tolerated, singleTransaction);
        var log = new ScriptLog();
        IRunningProcess process = host.Processes.Start(command);
        await using var _ = process.ConfigureAwait(false);
        process.OnErrorLine = log.Take;
        // Results of SELECTs in the script; nobody wants them.
        Task draining = process.Output.CopyToAsync(Stream.Null, ct);
        await FeedAsync(source, process, guard, name, ct).ConfigureAwait(false);
        int code = await process.WaitAsync(ct).ConfigureAwait(false);
        await draining.ConfigureAwait(false);
        if (code != 0) throw Failed(name, log, code, process.Errors);
        return [.. guard.Warnings, .. log.Errors.Select(e => Text.Of(RestoreTexts.ToleratedInScript, e.Text)), .. log.Notes];
    }

    private async Task FeedAsync(Stream source, IRunningProcess process, ScriptGuard guard, string name, CancellationToken ct)
    {
        var script = new SqlScriptReader(source, progress.Add);
        while (await script.ReadAsync(ct).ConfigureAwait(false))
        {
            ScriptVerdict verdict = guard.Judge(script.Piece, script.Bytes.Span);
            if (verdict == ScriptVerdict.Drop) continue;
            // ON_ERROR_STOP stays on for everything but the one statement whose failure does no harm: psql itself is the judge.
            bool open = verdict != ScriptVerdict.Tolerate || await process.TryWriteAsync("\n\\set ON_ERROR_STOP off\n"u8.ToArray(), ct).ConfigureAwait(false);
            open = open && await process.TryWriteAsync(script.Bytes, ct).ConfigureAwait(false);
            open = open && (verdict != ScriptVerdict.Tolerate || await process.TryWriteAsync("\n\\set ON_ERROR_STOP on\n"u8.ToArray(), ct).ConfigureAwait(false));
            if (!open) return;
        }

        // psql would take the end of a cut script for the end of the data, and commit: it must not see that end.
        if (script.Truncated || guard.IsCut)
            throw new DrpException(DrpError.VerificationFailed, Text.Of(RestoreTexts.ScriptCut, name)) { Hint = RestoreTexts.ScriptCutHint, Subject = name };
        if (guard.Statements == 0)
            throw new DrpException(DrpError.Failed, Text.Of(RestoreTexts.DumpEmpty, name)) { Subject = name };
        await process.TryCloseInputAsync().ConfigureAwait(false);
    }

    private DrpException Failed(string name, ScriptLog log, int code, string errors)
    {
        string said = log.Errors.Count > 0 ? log.Errors[^1].Text : log.Complaint ?? $"psql: {code}";
        DrpError error = PostgreSqlErrors.Classify(errors) is DrpError.Unreachable and var lost ? lost : DrpError.Failed;
        return new DrpException(error, Text.Of(RestoreTexts.RestoreFailed, name, connection.Database, said)) { Hint = RestoreTexts.RestoreFailedHint, Subject = connection.Database };
    }
}
