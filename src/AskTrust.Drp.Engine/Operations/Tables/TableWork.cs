using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Components.PostgreSql.Tables;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Tables;

/// <summary>Compares the tables of two servers and puts back what is asked, in one transaction of the live one.</summary>
/// <param name="context">The plan.</param>
/// <param name="options">What is asked.</param>
/// <param name="phases">Gets the times.</param>
/// <param name="past">The server that recovered.</param>
/// <param name="live">The live one.</param>
/// <param name="database">Database.</param>
/// <param name="folder">Private folder.</param>
/// <param name="id">Ending of the names of tables made on the way.</param>
internal sealed class TableWork(OperationContext context, TableRestoreOptions options, PhaseClock phases, IPostgreSqlServer past, IPostgreSqlServer live, string database, string folder, string id)
{
    private readonly List<string> _warnings = [];
    private PsqlSession _past = null!;
    private IReadOnlyList<TableFacts> _all = [];
    private IReadOnlyList<TableFacts> _wanted = [];
    private TableDefinitions? _definitions;
    private string? _before;

    /// <summary>What an operator should look at.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>What was made again.</summary>
    public IReadOnlyList<string> Created => _definitions?.Names ?? [];

    private bool Beside => options.Into == TableRestoreInto.Recovered;

    /// <summary>Works.</summary>
    /// <param name="comment">Comment of tables beside.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<RestoredTable>> RunAsync(string comment, CancellationToken ct)
    {
        _past = await PsqlSession.StartAsync(context.Host, past, database, ct).ConfigureAwait(false);
        await using var _ = _past.ConfigureAwait(false);
        _all = await TableFacts.ListAsync(_past, ct).ConfigureAwait(false);
        List<TableFacts> wanted = [];
        foreach (TableFacts table in TableNames.Choose(_all, options.Tables, database)) wanted.Add(await table.CompleteAsync(_past, ct).ConfigureAwait(false));
        _wanted = wanted;
        var databases = new NewDatabase(live, context.Host, await TargetExamination.MaintenanceDatabaseAsync(live, database, ct).ConfigureAwait(false));
        bool exists = await databases.ExistsAsync(database, ct).ConfigureAwait(false);
        if (!exists && Beside) throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.TableNoDatabase, database, live.Description)) { Subject = database, Hint = OperationsTexts.TableNoDatabaseHint };
        if (options.DryRun) return await LookAsync(exists, ct).ConfigureAwait(false);
        if (exists) return await PutAsync(comment, ct).ConfigureAwait(false);

        await new DatabaseReplacement(context.Host, live).SweepAsync(ct).ConfigureAwait(false);
        PostgreSqlFacts facts = await DatabaseFacts.ReadAsync(past, past.Version, ct).ConfigureAwait(false);
        _warnings.AddRange(await databases.CreateAsync(database, DatabaseProperties.From(facts), marked: true, ct).ConfigureAwait(false));
        try
        {
            var tables = await PutAsync(comment, ct).ConfigureAwait(false);
            _warnings.AddRange(await databases.ApplySettingsAsync(database, facts.DatabaseSettings, ct).ConfigureAwait(false));
            string final = await databases.FinalCommentAsync(database, ct).ConfigureAwait(false);
            await live.ExecuteAsync(await TargetExamination.MaintenanceDatabaseAsync(live, database, ct).ConfigureAwait(false), $"COMMENT ON DATABASE {Sql.Identifier(database)} IS {final}", ct).ConfigureAwait(false);
            return tables;
        }
        catch
        {
            using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(30), context.Clock);
            await databases.AbandonAsync(database, brief.Token).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>How to make the result final: commands and statements.</summary>
    public IReadOnlyList<string> Accept(IReadOnlyList<RestoredTable> tables) => Beside
        ? [Again(tables.Select(t => t.Table), options.To.ToString(), TableRestoreInto.Missing) + (options.Exclusive ? " --exclusive" : "")]
        : [.. tables.Where(t => t.Kept is not null).Select(t => $"DROP TABLE {Quoted(t.Kept!)};")];

    /// <summary>How to take the result back: commands and statements.</summary>
    public IReadOnlyList<string> Undo(IReadOnlyList<RestoredTable> tables)
    {
        if (Beside) return [.. tables.Select(t => $"DROP TABLE {Quoted(t.Place)};")];
        List<string> undo = [.. tables.Where(t => !t.WasThere).Select(t => $"DROP TABLE {_wanted.First(w => w.Display == t.Table).Quoted};")];
        List<string> touched = [.. tables.Where(t => t.WasThere && t.Put + t.Removed > 0).Select(t => t.Table)];
        if (touched.Count > 0 && _before is not null) undo.Add(Again(touched, $"lsn:{_before}", TableRestoreInto.Replace));
        return undo;
    }

    /// <summary>Compares only.</summary>
    private async Task<IReadOnlyList<RestoredTable>> LookAsync(bool exists, CancellationToken ct)
    {
        IReadOnlyList<TablePair> pairs = [.. _wanted.Select((t, i) => new TablePair(i, t, null))];
        if (exists)
        {
            PsqlSession session = await PsqlSession.StartAsync(context.Host, live, database, ct).ConfigureAwait(false);
            await using var _ = session.ConfigureAwait(false);
            pairs = await PairAsync(session, ct).ConfigureAwait(false);
        }

        if (!Beside) await DefineAsync(pairs, exists, ct).ConfigureAwait(false);
        return [.. (await CompareAsync(pairs, ct).ConfigureAwait(false)).Select(p => Result(p.Pair, p.Counts))];
    }

    private async Task<IReadOnlyList<RestoredTable>> PutAsync(string comment, CancellationToken ct)
    {
        PsqlSession session = await PsqlSession.StartAsync(context.Host, live, database, ct).ConfigureAwait(false);
        // Left before COMMIT, the server takes everything back.
        await using var _ = session.ConfigureAwait(false);
        var tables = Beside ? await PutBesideAsync(session, comment, ct).ConfigureAwait(false) : await PutBackAsync(session, ct).ConfigureAwait(false);
        await session.ExecuteAsync("COMMIT", ct).ConfigureAwait(false);
        return tables;
    }

    private async Task<IReadOnlyList<RestoredTable>> PutBesideAsync(PsqlSession session, string comment, CancellationToken ct)
    {
        var beside = new TableBeside(context.Host, past, session, database, options.Schema);
        foreach (TableFacts table in _wanted) await beside.RequireFreeAsync(NameBeside(table), ct).ConfigureAwait(false);
        IReadOnlyList<TablePair> pairs = await PairAsync(session, ct).ConfigureAwait(false);
        var compared = await CompareAsync(pairs, ct).ConfigureAwait(false);
        await session.ExecuteAsync("BEGIN", ct).ConfigureAwait(false);
        List<RestoredTable> tables = [];
        await phases.MeasureAsync("put", async () =>
        {
            foreach (var (pair, counts) in compared)
            {
                _warnings.AddRange(await beside.RunAsync(pair.Was, NameBeside(pair.Was), $"{pair.Was.Display}, {comment}", ct).ConfigureAwait(false));
                tables.Add(Result(pair, counts) with { Put = counts.Rows });
            }
        }).ConfigureAwait(false);
        return tables;
    }

    private async Task<IReadOnlyList<RestoredTable>> PutBackAsync(PsqlSession session, CancellationToken ct)
    {
        var hold = new TableHold(session);
        await hold.RequireRightAsync(live, ct).ConfigureAwait(false);
        IReadOnlyList<TablePair> pairs = await PairAsync(session, ct).ConfigureAwait(false);
        await DefineAsync(pairs, exists: true, ct).ConfigureAwait(false);
        _before = await hold.BeginAsync([.. pairs.Select(p => p.Live).OfType<TableFacts>()], ct).ConfigureAwait(false);
        // Under the lock, the tables may be others than before it.
        pairs = await PairAsync(session, ct).ConfigureAwait(false);
        foreach (TablePair pair in pairs.Where(p => p.Lost.Count > 0))
        {
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.TableColumnGone, pair.Was.Display, string.Join(", ", pair.Lost))) { Subject = pair.Was.Display, Hint = OperationsTexts.TableColumnGoneHint };
        }

        var compared = await CompareAsync(pairs, ct).ConfigureAwait(false);
        return await phases.MeasureAsync("put", () => MergeAsync(session, compared, hold, ct)).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<RestoredTable>> MergeAsync(PsqlSession session, IReadOnlyList<(TablePair Pair, TableCounts Counts)> compared, TableHold hold, CancellationToken ct)
    {
        var remake = _definitions is { Chosen.Count: > 0 } definitions ? new TableRemake(context.Host, past, _past, session, database, definitions) : null;
        if (remake is not null) await remake.RunAsync(_all, await FamilyAsync([.. compared.Where(c => c.Pair.Live is not null).Select(c => c.Pair.Was)], ct).ConfigureAwait(false), live.Container is not null, ct).ConfigureAwait(false);
        await hold.QuietAsync([.. compared.Select(c => c.Pair.Was)], ct).ConfigureAwait(false);
        var merge = new TableMerge(context.Host, past, session, database, options.Schema, id);
        var keys = new TableKeys(session);
        List<RestoredTable> tables = [];
        foreach (var (pair, counts) in compared)
        {
            RestoredTable table = Result(pair, counts);
            if (pair.Live is not null)
            {
                MergeOutcome done = await merge.RunAsync(pair, counts, options.Into == TableRestoreInto.Replace, ct).ConfigureAwait(false);
                await keys.HoldAsync(pair, ct).ConfigureAwait(false);
                table = table with { Put = done.Put, Removed = done.Removed, Conflicts = done.Conflicts, Kept = done.Kept };
                if (done.Conflicts > 0) _warnings.Add(Text.Of(OperationsTexts.TableConflicts, done.Conflicts, table.Table, done.Kept));
            }

            tables.Add(pair.Live is null ? table with { Put = counts.Rows } : table);
        }

        foreach (var (pair, table) in compared.Select(c => c.Pair).Zip(tables).Where(t => t.First.Live is not null && t.Second.Put + t.Second.Removed > 0)) await keys.RequireAsync(pair, table.Removed > 0, ct).ConfigureAwait(false);
        if (remake is not null) _warnings.AddRange(await remake.FinishAsync(ct).ConfigureAwait(false));
        var sequences = new TableSequences(session, _past);
        foreach (var (pair, _) in compared) await sequences.AdvanceAsync(pair.Was, ct).ConfigureAwait(false);
        await hold.WakeAsync(ct).ConfigureAwait(false);
        return tables;
    }

    private async Task<IReadOnlyList<TablePair>> PairAsync(PsqlSession session, CancellationToken ct)
    {
        var now = (await TableFacts.ListAsync(session, ct).ConfigureAwait(false)).ToDictionary(t => (t.Schema, t.Name));
        List<TablePair> pairs = [];
        foreach (TableFacts was in _wanted)
        {
            TableFacts? here = now.GetValueOrDefault((was.Schema, was.Name));
            pairs.Add(new TablePair(pairs.Count, was, here is null ? null : await here.CompleteAsync(session, ct).ConfigureAwait(false)));
        }

        return pairs;
    }

    /// <summary>Looks what has to be made again; asks for the definitions only when something may be gone.</summary>
    private async Task DefineAsync(IReadOnlyList<TablePair> pairs, bool exists, CancellationToken ct)
    {
        bool everything = options.Tables.Contains("*", StringComparer.Ordinal);
        HashSet<string> schemas = [.. _all.Select(t => t.Schema).Where(s => everything || options.Tables.Contains($"{s}.*", StringComparer.Ordinal))];
        if (schemas.Count == 0 && !pairs.Any(p => p.Live is null || p.Was.Partitioned)) return;
        _definitions = await phases.MeasureAsync("define", () => TableDefinitions.ReadAsync(context.Host, past, live, database, exists, folder, ct)).ConfigureAwait(false);
        HashSet<uint> family = await FamilyAsync(_wanted, ct).ConfigureAwait(false);
        _definitions.Choose(_all.Where(t => family.Contains(t.Oid)).Select(t => (t.Schema, t.Name)).ToHashSet(), schemas, everything);
    }

    /// <summary>Tables with their partitions, by number.</summary>
    private async Task<HashSet<uint>> FamilyAsync(IReadOnlyList<TableFacts> tables, CancellationToken ct)
    {
        HashSet<uint> all = [.. tables.Select(t => t.Oid)];
        foreach (TableFacts parent in tables.Where(t => t.Partitioned))
        {
            var parts = await _past.QueryAsync($"SELECT relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree({parent.Oid}::pg_catalog.regclass)", ct).ConfigureAwait(false);
            all.UnionWith(parts.Select(p => uint.Parse(p[0]!, CultureInfo.InvariantCulture)));
        }

        return all;
    }

    private Task<List<(TablePair Pair, TableCounts Counts)>> CompareAsync(IReadOnlyList<TablePair> pairs, CancellationToken ct) => phases.MeasureAsync("compare", async () =>
    {
        var comparison = new TableComparison(context.Host, past, live, database);
        List<(TablePair, TableCounts)> compared = [];
        foreach (TablePair pair in pairs) compared.Add((pair, await comparison.RunAsync(pair, ct).ConfigureAwait(false)));
        return compared;
    });

    private RestoredTable Result(TablePair pair, TableCounts counts) => new()
    {
        Table = pair.Was.Display, WasThere = pair.Live is not null, Rows = counts.Rows, LiveRows = counts.LiveRows, Missing = counts.Missing, Changed = counts.Changed, New = counts.New,
        Place = Beside ? $"{options.Schema}.{NameBeside(pair.Was)}" : pair.Was.Display,
    };

    /// <summary>The table's own name, with its schema before it where two would have the same.</summary>
    private string NameBeside(TableFacts table) => _wanted.Count(t => t.Name == table.Name) == 1 ? table.Name : TableNames.Beside($"{table.Schema}_{table.Name}", "");

    private string Quoted(string place) => $"{Sql.Identifier(options.Schema)}.{Sql.Identifier(place[(options.Schema.Length + 1)..])}";

    private string Again(IEnumerable<string> tables, string to, TableRestoreInto into)
    {
        string names = string.Join(' ', tables.Select(t => t.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.') ? t : $"'{t.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        return $"drp pitr table {names} --to '{to}' --into {into.ToString().ToLowerInvariant()}{(options.Database is null ? "" : $" --database '{options.Database}'")}";
    }
}
