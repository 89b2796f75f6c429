using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>How a database is replaced.</summary>
internal sealed record ReplacementSettings
{
    /// <summary>How the dump is restored.</summary>
    public RestoreSettings Restore { get; init; } = new();

    /// <summary>A database that is not empty may be replaced.</summary>
    public bool Replace { get; init; }

    /// <summary>Keeps the previous database under another name.</summary>
    public bool KeepPrevious { get; init; }

    /// <summary>Id for names made up on the way; null = a new one.</summary>
    public string? Id { get; init; }

    /// <summary>Judges the restored database before it takes its place; throws when it must not.</summary>
    public Func<string, CancellationToken, Task>? CheckAsync { get; init; }
}

/// <summary>What a replacement did.</summary>
/// <param name="Database">Name it can be reached by now.</param>
/// <param name="Previous">Name of the previous database when it was kept.</param>
/// <param name="Direct">Restored into the empty database itself, in one transaction.</param>
/// <param name="Restored">What the restore said.</param>
internal sealed record ReplacementOutcome(string Database, string? Previous, bool Direct, RestoreOutcome Restored);

/// <summary>
/// Puts a dump in the place of a database so that a failure half way leaves that database exactly as it was. The dump goes into a new
/// database beside it, is completed and checked there, and only then takes the name over, in one transaction. When killed, at most a
/// database remains whose comment, or a record in the state directory, says that it is unfinished and whose; the next run sweeps it.
/// </summary>
internal sealed class DatabaseReplacement(HostContext host, IPostgreSqlServer server, bool throwaway = false)
{
    private static readonly TimeSpan s_cleanup = TimeSpan.FromSeconds(60);

    /// <summary>Looks at the target. Reads only.</summary>
    public Task<TargetState> ExamineAsync(string database, CancellationToken ct) => TargetExamination.ExamineAsync(server, database, ct);

    /// <summary>Looks whether a restore would work: rights, version, extensions, emptiness. Reads only.</summary>
    /// <returns>The target, and warnings.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>, <see cref="DrpError.KeyOrPassphrase"/> (rights) or <see cref="DrpError.Unreachable"/> (extensions).</exception>
    public async Task<(TargetState Target, IReadOnlyList<string> Warnings)> CheckAsync(RestoreInput input, string database, bool replace, CancellationToken ct)
    {
        TargetState target = await ExamineAsync(database, ct).ConfigureAwait(false);
        if (target.InRecovery)
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(RestoreTexts.Standby, server.Description)) { Hint = RestoreTexts.StandbyHint, Subject = server.Description };
        if (!target.IsEmpty && !replace)
        {
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(RestoreTexts.NotEmpty, database, server.Description, target.Tables, target.ApproximateRows))
            {
                Hint = RestoreTexts.NotEmptyHint, Subject = database,
            };
        }

        bool beside = !target.Exists || !target.IsEmpty;
        if (beside && !target.MayCreate)
            throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(RestoreTexts.MayNotCreate, target.User, server.Description)) { Hint = Text.Of(RestoreTexts.MayNotCreateHint, Sql.Identifier(target.User)), Subject = database };
        if (beside && target is { Exists: true, MayReplace: false })
            throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(RestoreTexts.MayNotReplace, target.User, database)) { Hint = Text.Of(RestoreTexts.MayNotReplaceHint, Sql.Identifier(target.Properties!.Owner), Sql.Identifier(target.User)), Subject = database };
        string maintenance = await TargetExamination.MaintenanceDatabaseAsync(server, database, ct).ConfigureAwait(false);
        return (target, await RestoreRequirements.CheckAsync(host, server, input, maintenance, ct).ConfigureAwait(false));
    }

    /// <summary>Restores, checks, and puts it in its place.</summary>
    public async Task<ReplacementOutcome> RunAsync(RestoreInput input, string database, ReplacementSettings settings, CancellationToken ct)
    {
        await SweepAsync(ct).ConfigureAwait(false);
        var (target, warnings) = await CheckAsync(input, database, settings.Replace, ct).ConfigureAwait(false);
        bool besideAllowed = target.MayCreate && target.MayReplace;
        bool direct = target is { Exists: true, IsEmpty: true } && (!besideAllowed || settings is { CheckAsync: null, Restore.EffectiveJobs: 1 } && input.Data.Count == 0);
        return direct
            ? await IntoEmptyAsync(input, database, settings, warnings, ct).ConfigureAwait(false)
            : await BesideAsync(input, target, settings, warnings, ct).ConfigureAwait(false);
    }

    /// <summary>Takes a replacement back: the kept database gets its name again.</summary>
    /// <param name="database">The name.</param>
    /// <param name="previous">The database that was kept.</param>
    /// <param name="keep">Keeps the restored one aside; otherwise it is dropped.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Name of the restored database put aside; null when dropped or not there.</returns>
    public async Task<string?> UndoAsync(string database, string previous, bool keep, CancellationToken ct)
    {
        string maintenance = await TargetExamination.MaintenanceDatabaseAsync(server, database, ct).ConfigureAwait(false);
        var databases = new NewDatabase(server, host, maintenance);
        if (!await databases.ExistsAsync(previous, ct).ConfigureAwait(false))
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(RestoreTexts.PreviousGone, previous, server.Description)) { Hint = RestoreTexts.PreviousGoneHint, Subject = previous };
        bool there = await databases.ExistsAsync(database, ct).ConfigureAwait(false);
        string aside = DatabaseNames.Undone(database, DatabaseNames.NewId());
        // It was to be dropped and could not be: from now on it is the real one again, and no run may sweep it.
        bool marked = (await databases.CommentAsync(previous, ct).ConfigureAwait(false))?.StartsWith(NewDatabase.Mark, StringComparison.Ordinal) == true;
        string unmark = marked ? NewDatabase.CommentStatement(previous, null) : "";
        var swap = new DatabaseSwap(host, server, maintenance);
        await swap.RenameAsync(there ? [(database, aside), (previous, database)] : [(previous, database)], unmark, ct).ConfigureAwait(false);
        if (!there || keep) return there ? aside : null;
        await databases.AbandonAsync(aside, ct).ConfigureAwait(false);
        return null;
    }

    /// <summary>Drops the unfinished databases of restores that were killed.</summary>
    /// <returns>Their names.</returns>
    public async Task<IReadOnlyList<string>> SweepAsync(CancellationToken ct)
    {
        string maintenance = await TargetExamination.MaintenanceDatabaseAsync(server, "", ct).ConfigureAwait(false);
        var dropped = await new NewDatabase(server, host, maintenance).SweepAsync(ct).ConfigureAwait(false);
        foreach (string name in dropped) host.Say(DrpEventLevel.Information, Text.Of(RestoreTexts.Swept, name, server.Description));
        return dropped;
    }

    /// <summary>Into an empty database, in one transaction: nothing or all; needs no right to make databases.</summary>
    private async Task<ReplacementOutcome> IntoEmptyAsync(RestoreInput input, string database, ReplacementSettings settings, IReadOnlyList<string> warnings, CancellationToken ct)
    {
        if (input.Data.Count > 0)
            throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(RestoreTexts.PartsNeedCreate, input.Dump.Name, server.User)) { Hint = Text.Of(RestoreTexts.MayNotCreateHint, Sql.Identifier(server.User)), Subject = database };
        var restored = await new DatabaseRestore(host, server, throwaway).RunAsync(input, database, settings.Restore with { SingleTransaction = true }, ct).ConfigureAwait(false);
        if (settings.CheckAsync is { } check) await check(database, ct).ConfigureAwait(false);
        var databases = new NewDatabase(server, host, await TargetExamination.MaintenanceDatabaseAsync(server, database, ct).ConfigureAwait(false));
        var said = await databases.ApplySettingsAsync(database, input.Facts?.DatabaseSettings ?? [], ct).ConfigureAwait(false);
        return new(database, null, Direct: true, restored with { Warnings = [.. warnings, .. restored.Warnings, .. said] });
    }

    private async Task<ReplacementOutcome> BesideAsync(RestoreInput input, TargetState target, ReplacementSettings settings, IReadOnlyList<string> warnings, CancellationToken ct)
    {
        string id = settings.Id ?? DatabaseNames.NewId(), database = target.Database;
        string beside = DatabaseNames.Beside(database, id), before = DatabaseNames.Before(database, id);
        string maintenance = await TargetExamination.MaintenanceDatabaseAsync(server, database, ct).ConfigureAwait(false);
        var databases = new NewDatabase(server, host, maintenance);
        // What was empty holds nothing to go back to.
        bool drop = target.Exists && (target.IsEmpty || !settings.KeepPrevious);
        string? comment = null;
        RestoreOutcome restored;
        try
        {
            List<string> said = [.. warnings];
            var wanted = input.Facts is { } facts ? DatabaseProperties.From(facts) with { Tablespace = target.Properties?.Tablespace } : target.Properties;
            said.AddRange(await databases.CreateAsync(beside, wanted, marked: true, ct).ConfigureAwait(false));
            restored = await new DatabaseRestore(host, server, throwaway).RunAsync(input, beside, settings.Restore with { Activity = settings.Restore.Activity ?? Text.Of(RestoreTexts.Restoring, database) }, ct).ConfigureAwait(false);
            if (settings.CheckAsync is { } check) await check(beside, ct).ConfigureAwait(false);
            // A foreign dump says nothing of the database itself: then it stays as the one it replaces.
            var own = input.Facts?.DatabaseSettings ?? (target.Exists ? await DatabaseSettings.ReadAsync(server, database, ct).ConfigureAwait(false) : []);
            said.AddRange(await databases.ApplySettingsAsync(beside, own, ct).ConfigureAwait(false));
            string final = await databases.FinalCommentAsync(beside, ct).ConfigureAwait(false);
            comment = drop ? await databases.CommentAsync(database, ct).ConfigureAwait(false) : null;
            restored = restored with { Warnings = [.. said, .. restored.Warnings] };
            await new DatabaseSwap(host, server, maintenance).RenameAsync(
                target.Exists ? [(database, before), (beside, database)] : [(beside, database)],
                $"COMMENT ON DATABASE {Sql.Identifier(beside)} IS {final};\n{(drop ? NewDatabase.MarkStatement(database) : "")}", ct).ConfigureAwait(false);
        }
        catch
        {
            await AbandonAsync(databases, beside).ConfigureAwait(false);
            throw;
        }

        if (!target.Exists) return new(database, null, Direct: false, restored);
        if (!drop) return new(database, before, Direct: false, restored);
        return await DropBeforeAsync(databases, before, comment, ct).ConfigureAwait(false) is { } problem
            ? new(database, before, Direct: false, restored with { Warnings = [.. restored.Warnings, problem] })
            : new(database, null, Direct: false, restored);
    }

    /// <summary>The restore is done whatever happens now: a previous database that cannot be dropped is a warning.</summary>
    private async Task<string?> DropBeforeAsync(NewDatabase databases, string before, string? comment, CancellationToken ct)
    {
        try
        {
            await databases.DropAsync(before, ct).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            await KeepAsync(before, comment).ConfigureAwait(false);
            return Text.Of(RestoreTexts.PreviousStays, before, server.Description, e.Message);
        }
    }

    /// <summary>It stays for the operator to decide, as the warning says: no later run drops it.</summary>
    private async Task KeepAsync(string before, string? comment)
    {
        using var brief = new CancellationTokenSource(s_cleanup, host.Clock);
        try
        {
            string maintenance = await TargetExamination.MaintenanceDatabaseAsync(server, before, brief.Token).ConfigureAwait(false);
            await server.ExecuteAsync(maintenance, NewDatabase.CommentStatement(before, comment), brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            // The server does not answer. Then a later run drops what this one wanted to drop.
        }
    }

    private async Task AbandonAsync(NewDatabase databases, string beside)
    {
        using var brief = new CancellationTokenSource(s_cleanup, host.Clock);
        try
        {
            await databases.AbandonAsync(beside, brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            host.Say(DrpEventLevel.Warning, Text.Of(RestoreTexts.BesideStays, beside, server.Description, e.Message));
        }
    }
}
