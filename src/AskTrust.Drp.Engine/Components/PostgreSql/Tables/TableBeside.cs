using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>Puts the recovered rows into a table of their own, beside the live ones: columns, rows and primary key, nothing that acts.</summary>
internal sealed class TableBeside(HostContext host, IPostgreSqlServer copy, PsqlSession session, string database, string schema)
{
    /// <summary>Refuses a table that is there already.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>.</exception>
    public async Task RequireFreeAsync(string name, CancellationToken ct)
    {
        if ((await session.QueryAsync($"SELECT pg_catalog.to_regclass({Sql.Literal(Place(name))}) IS NULL", ct).ConfigureAwait(false)) is [["t"]]) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(TableTexts.IsThere, $"{schema}.{name}", database)) { Subject = name, Hint = Text.Of(TableTexts.IsThereHint, Place(name)) };
    }

    /// <summary>For SQL.</summary>
    public string Place(string name) => $"{Sql.Identifier(schema)}.{Sql.Identifier(name)}";

    /// <summary>Puts them there.</summary>
    /// <param name="table">As it was.</param>
    /// <param name="name">Name of the new table.</param>
    /// <param name="comment">Its comment.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Warnings.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(TableFacts table, string name, string comment, CancellationToken ct)
    {
        List<string> warnings = [], columns = [];
        string known = string.Join(", ", table.Columns.Select(c => $"pg_catalog.to_regtype({Sql.Literal(c.Type)}) IS NOT NULL, {(c.Collation is null ? "true" : $"pg_catalog.to_regcollation({Sql.Literal(c.Collation)}) IS NOT NULL")}"));
        string?[] here = table.Columns.Count == 0 ? [] : (await session.QueryAsync($"SELECT {known}", ct).ConfigureAwait(false))[0];
        for (int i = 0; i < table.Columns.Count; i++)
        {
            TableColumn column = table.Columns[i];
            bool type = here[2 * i] == "t", collation = column.Collation is not null && here[(2 * i) + 1] == "t";
            if (!type) warnings.Add(Text.Of(TableTexts.TypeGone, $"{table.Display}.{column.Name}", column.Type));
            columns.Add($"{Sql.Identifier(column.Name)} {(type ? column.Type : "pg_catalog.text")}{(type && collation ? $" COLLATE {column.Collation}" : "")}{(column.Required ? " NOT NULL" : "")}");
        }

        string place = Place(name), names = string.Join(", ", table.Columns.Select(c => Sql.Identifier(c.Name)));
        await session.ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS {Sql.Identifier(schema)}; CREATE TABLE {place} ({string.Join(", ", columns)})", ct).ConfigureAwait(false);
        if (columns.Count > 0)
        {
            var rows = await PsqlSession.RowsAsync(host, copy, database, $"SELECT {names} FROM {table.Only}", ct).ConfigureAwait(false);
            await session.CopyInAsync($"{place} ({names})", rows, copy.Description, ct).ConfigureAwait(false);
        }

        if (table.Key.Count > 0) await session.ExecuteAsync($"ALTER TABLE {place} ADD PRIMARY KEY ({string.Join(", ", table.Key.Select(Sql.Identifier))})", ct).ConfigureAwait(false);
        await session.ExecuteAsync($"COMMENT ON TABLE {place} IS {Sql.Literal(comment)}", ct).ConfigureAwait(false);
        return warnings;
    }
}
