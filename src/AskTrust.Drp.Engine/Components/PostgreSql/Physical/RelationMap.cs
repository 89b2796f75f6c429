using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Which file belongs to which table, in every database of a cluster, as it was at one moment. WAL names files only; with this map an accident in it gets
/// the name of a table.
/// </summary>
/// <param name="Format">2; 1 = partitions are listed without the table they are part of.</param>
/// <param name="Taken">When (UTC, the server's clock).</param>
/// <param name="Lsn">WAL position just before.</param>
/// <param name="Databases">Each database that one can connect to.</param>
internal sealed record RelationMap(int Format, DateTimeOffset Taken, string Lsn, IReadOnlyList<MappedDatabase> Databases)
{
    private const string Relations = """
        SELECT c.oid, pg_catalog.pg_relation_filenode(c.oid), c.reltablespace, n.nspname, c.relname, c.relkind,
               coalesce(i.indrelid, (SELECT o.oid FROM pg_catalog.pg_class o WHERE o.reltoastrelid = c.oid AND c.relkind = 't'),
                        (SELECT h.inhparent FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid AND c.relispartition))
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
        WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I', 't', 'S') AND c.relpersistence <> 't'
        ORDER BY 1
        """;

    /// <summary>Reads it.</summary>
    /// <param name="server">The server.</param>
    /// <param name="warnings">Gets a line for each database that could not be read.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<RelationMap> ReadAsync(IPostgreSqlServer server, ICollection<string> warnings, CancellationToken ct)
    {
        const string where = """
            SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END,
                   pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            """;
        string?[] now = (await server.QueryAsync(server.Database, where, ct).ConfigureAwait(false))[0];
        var databases = new List<MappedDatabase>();
        foreach (string?[] row in await server.QueryAsync(server.Database, "SELECT oid, datname FROM pg_catalog.pg_database WHERE datallowconn ORDER BY 1", ct).ConfigureAwait(false))
        {
            try
            {
                var relations = await server.QueryAsync(row[1]!, Relations, ct).ConfigureAwait(false);
                databases.Add(new MappedDatabase(Number(row[0])!.Value, row[1]!, [.. relations.Select(Relation)]));
            }
            catch (DrpException e) when (e.Code is DrpError.Failed or DrpError.KeyOrPassphrase)
            {
                warnings.Add(Text.Of(PhysicalTexts.RelationsUnread, row[1], e.Message));
            }
        }

        return new RelationMap(2, DateTimeOffset.Parse(now[1]!, CultureInfo.InvariantCulture), now[0] ?? "0/0", databases);
    }

    /// <summary>As stored.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RelationJson.Default.RelationMap);

    /// <summary>As read back.</summary>
    public static RelationMap? Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, RelationJson.Default.RelationMap);

    private static MappedRelation Relation(string?[] r) => new(Number(r[0])!.Value, Number(r[1]), Number(r[2])!.Value, r[3]!, r[4]!, r[5]!, Number(r[6]));

    private static uint? Number(string? text) => text is null ? null : uint.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>One database.</summary>
/// <param name="Oid">Its number: folder below <c>base</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Relations">What is in it.</param>
internal sealed record MappedDatabase(uint Oid, string Name, IReadOnlyList<MappedRelation> Relations);

/// <summary>One relation.</summary>
/// <param name="Oid">Its number, which stays.</param>
/// <param name="File">Name of its file, which TRUNCATE and VACUUM FULL change; null = it has none.</param>
/// <param name="Tablespace">Number of the tablespace; 0 = the database's own.</param>
/// <param name="Schema">Schema.</param>
/// <param name="Name">Name.</param>
/// <param name="Kind"><c>r</c> table, <c>p</c> partitioned, <c>i</c>/<c>I</c> index, <c>t</c> TOAST, <c>m</c> materialized view, <c>S</c> sequence.</param>
/// <param name="Of">Table that an index or TOAST relation belongs to, or that a partition is part of; null = none (in maps of the first versions of a partition too).</param>
internal sealed record MappedRelation(uint Oid, uint? File, uint Tablespace, string Schema, string Name, string Kind, uint? Of);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RelationMap))]
internal sealed partial class RelationJson : JsonSerializerContext;
