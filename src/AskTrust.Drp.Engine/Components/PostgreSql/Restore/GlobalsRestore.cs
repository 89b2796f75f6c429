using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// Runs the script of <c>pg_dumpall --globals-only</c>: roles, memberships, tablespaces. Roles that are there already are no error. The role
/// we are connected as is never altered: its password would change under our feet.
/// </summary>
/// <param name="host">The host.</param>
/// <param name="server">The server.</param>
/// <param name="throwaway">A throw-away server has no folders for tablespaces: they are left out, and named.</param>
internal sealed class GlobalsRestore(HostContext host, IPostgreSqlServer server, bool throwaway = false)
{
    /// <summary>What <c>already exists</c> says in SQLSTATE.</summary>
    private const string DuplicateObject = "42710";

    /// <summary>Runs it.</summary>
    /// <returns>Warnings.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: a statement failed for another reason; messages only, never statements, which hold passwords.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(PlainSource globals, CancellationToken ct)
    {
        string maintenance = await TargetExamination.MaintenanceDatabaseAsync(server, "", ct).ConfigureAwait(false);
        string me = (await server.QueryAsync(maintenance, "SELECT current_user", ct).ConfigureAwait(false))[0][0]!;
        List<string> warnings = [];
        var log = new ScriptLog();
        IRunningProcess psql = host.Processes.Start(server.Tool("psql", maintenance, "--no-psqlrc", "--no-password", "--quiet", "--set=VERBOSITY=verbose", "--file=-"));
        await using var _ = psql.ConfigureAwait(false);
        psql.OnErrorLine = log.Take;
        Task draining = psql.Output.CopyToAsync(Stream.Null, ct);
        await FeedAsync(globals, psql, me, warnings, ct).ConfigureAwait(false);
        int code = await psql.WaitAsync(ct).ConfigureAwait(false);
        await draining.ConfigureAwait(false);
        ScriptMessage[] failed = [.. log.Errors.Where(e => e.State != DuplicateObject)];
        if (code == 0 && failed.Length == 0 && log.Complaint is null) return [.. warnings, .. log.Notes];
        string said = failed.Length > 0 ? string.Join("; ", failed.Take(5).Select(f => f.Text)) : log.Complaint ?? $"psql: {code}";
        throw new DrpException(code == 2 ? DrpError.Unreachable : DrpError.Failed, Text.Of(RestoreTexts.GlobalsFailed, globals.Name, server.Description, said))
        {
            Hint = failed.Any(f => f.State == "42501") ? RestoreTexts.GlobalsRightsHint : RestoreTexts.GlobalsFailedHint, Subject = server.Description,
        };
    }

    private async Task FeedAsync(PlainSource globals, IRunningProcess psql, string me, List<string> warnings, CancellationToken ct)
    {
        Stream source = await globals.OpenAsync(ct).ConfigureAwait(false);
        await using var _ = source.ConfigureAwait(false);
        var script = new SqlScriptReader(source);
        bool complete = false;
        while (await script.ReadAsync(ct).ConfigureAwait(false))
        {
            complete |= script.Bytes.Span.IndexOf("-- PostgreSQL database cluster dump complete"u8) >= 0;
            if (!Wanted(script, globals.Name, me, warnings)) continue;
            if (!await psql.TryWriteAsync(script.Bytes, ct).ConfigureAwait(false)) return;
        }

        if (script.Truncated || !complete)
            throw new DrpException(DrpError.VerificationFailed, Text.Of(RestoreTexts.ScriptCut, globals.Name)) { Hint = RestoreTexts.ScriptCutHint, Subject = globals.Name };
        await psql.TryCloseInputAsync().ConfigureAwait(false);
    }

    private bool Wanted(SqlScriptReader script, string name, string me, List<string> warnings)
    {
        switch (script.Piece)
        {
            case ScriptPiece.MetaCommand when script.Bytes.Span.StartsWith("\\restrict"u8) || script.Bytes.Span.StartsWith("\\unrestrict"u8):
                return false;
            case ScriptPiece.MetaCommand or ScriptPiece.CopyData or ScriptPiece.LongPart:
                throw new DrpException(DrpError.UnsafeTarget, Text.Of(RestoreTexts.NotGlobals, name)) { Hint = RestoreTexts.NotGlobalsHint, Subject = name };
            case ScriptPiece.Trailer:
                return true;
        }

        var tokens = SqlToken.Split(script.Bytes.Span, 24);
        if (tokens.Count > 2 && tokens[0].Is("alter") && (tokens[1].Is("role") || tokens[1].Is("user")) && tokens[2].IsName && tokens[2].Text == me)
        {
            warnings.Add(Text.Of(RestoreTexts.OwnRoleSkipped, me));
            return false;
        }

        int tablespace = throwaway ? tokens.FindIndex(t => t.Is("tablespace")) : -1;
        if (tablespace < 0) return true;
        if (tokens[0].Is("create") && tokens.Count > tablespace + 1) warnings.Add(Text.Of(RestoreTexts.TablespaceSkipped, tokens[tablespace + 1].Text));
        return false;
    }
}
