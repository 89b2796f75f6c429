using AskTrust.Drp.Engine.Components.PostgreSql.Archive;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>Makes again what is gone, with its rows: definitions, rows, sequences, indexes and the rest, foreign keys last. Runs in the caller's transaction.</summary>
internal sealed class TableRemake(HostContext host, IPostgreSqlServer copy, PsqlSession past, PsqlSession session, string database, TableDefinitions definitions)
{
    /// <summary>Foreign keys of the database as it was: child, its kind, parent, name, definition.</summary>
    private const string ForeignKeys = """
        SELECT n.nspname, c.relname, c.relkind, m.nspname, p.relname, con.conname, pg_catalog.pg_get_constraintdef(con.oid)
        FROM pg_catalog.pg_constraint con
        JOIN pg_catalog.pg_class c ON c.oid = con.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_class p ON p.oid = con.confrelid JOIN pg_catalog.pg_namespace m ON m.oid = p.relnamespace
        WHERE con.contype = 'f' AND con.conparentid = 0 ORDER BY 1, 2, 6
        """;

    private HashSet<(string, string)> Made => [.. definitions.Chosen.Where(e => e.Kind == "TABLE").Select(e => (e.Schema!, e.Name))];

    /// <summary>Definitions and rows.</summary>
    /// <param name="all">Tables of the database as it was.</param>
    /// <param name="covered">Made tables whose rows come by the merge of the table they are part of.</param>
    /// <param name="plain">See <see cref="TableDefinitions.ScriptAsync"/>.</param>
    /// <param name="ct">Cancels.</param>
    public async Task RunAsync(IReadOnlyList<TableFacts> all, IReadOnlySet<uint> covered, bool plain, CancellationToken ct)
    {
        await session.ExecuteAsync(await definitions.ScriptAsync("pre-data", plain, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
        HashSet<(string, string)> made = Made;
        foreach (TableFacts table in all.Where(t => !t.Partitioned && !covered.Contains(t.Oid) && made.Contains((t.Schema, t.Name))))
        {
            TableFacts whole = await table.CompleteAsync(past, ct).ConfigureAwait(false);
            string columns = string.Join(", ", whole.Columns.Where(c => !c.Generated).Select(c => Sql.Identifier(c.Name)));
            if (columns.Length == 0) continue;
            var rows = await PsqlSession.RowsAsync(host, copy, database, $"SELECT {columns} FROM {table.Only}", ct).ConfigureAwait(false);
            await session.CopyInAsync($"{table.Quoted} ({columns})", rows, copy.Description, ct).ConfigureAwait(false);
        }

        await new TableSequences(session, past).GoOnAsync(definitions.Chosen, ct).ConfigureAwait(false);
        await session.ExecuteAsync(await definitions.ScriptAsync("post-data", plain, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
    }

    /// <summary>What needs the rows of all tables: foreign keys and materialized views.</summary>
    /// <returns>Warnings: foreign keys that the rows of today do not meet.</returns>
    public async Task<IReadOnlyList<string>> FinishAsync(CancellationToken ct)
    {
        List<string> warnings = [];
        HashSet<(string, string)> made = Made;
        foreach (string?[] key in await past.QueryAsync(ForeignKeys, ct).ConfigureAwait(false))
        {
            (string, string) child = (key[0]!, key[1]!), parent = (key[3]!, key[4]!);
            if (!made.Contains(child) && !made.Contains(parent)) continue;
            if (!(made.Contains(child) || definitions.IsLive(child.Item1, child.Item2)) || !(made.Contains(parent) || definitions.IsLive(parent.Item1, parent.Item2))) continue;
            if (await JoinAsync(key, ct).ConfigureAwait(false) is { } warning) warnings.Add(warning);
        }

        foreach (DumpEntry view in definitions.Chosen.Where(e => e.Kind == "MATERIALIZED VIEW"))
            await session.ExecuteAsync($"REFRESH MATERIALIZED VIEW {Sql.Identifier(view.Schema!)}.{Sql.Identifier(view.Name)}", ct).ConfigureAwait(false);
        return warnings;
    }

    /// <summary>Adds a foreign key; when rows of today do not meet it, for new rows only.</summary>
    private async Task<string?> JoinAsync(string?[] key, CancellationToken ct)
    {
        bool partitioned = key[2] == "p";
        string table = $"{Sql.Identifier(key[0]!)}.{Sql.Identifier(key[1]!)}", name = Sql.Identifier(key[5]!);
        string add = $"ALTER TABLE {(partitioned ? "" : "ONLY ")}{table} ADD CONSTRAINT {name} {key[6]}";
        // A foreign key of a partitioned table has to be true for all its rows.
        string otherwise = partitioned || key[6]!.EndsWith("NOT VALID", StringComparison.Ordinal) ? "NULL" : $"EXECUTE {Sql.Literal(add + " NOT VALID")}";
        string there = $"FROM pg_catalog.pg_constraint WHERE conrelid = {Sql.Literal(table)}::pg_catalog.regclass AND conname = {Sql.Literal(key[5]!)}";
        string body = $"""
            BEGIN
              IF NOT EXISTS (SELECT {there}) THEN
                BEGIN
                  EXECUTE {Sql.Literal(add)};
                EXCEPTION WHEN foreign_key_violation THEN {otherwise};
                END;
              END IF;
            END
            """;
        var made = await session.QueryAsync($"DO {Sql.Literal(body)};\nSELECT convalidated {there}", ct).ConfigureAwait(false);
        return made switch
        {
            [] => Text.Of(TableTexts.KeyLeftOut, key[5], $"{key[0]}.{key[1]}", $"{key[3]}.{key[4]}", add),
            [["f"]] => Text.Of(TableTexts.KeyNotValid, key[5], $"{key[0]}.{key[1]}", $"{key[3]}.{key[4]}", $"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"),
            _ => null,
        };
    }
}
