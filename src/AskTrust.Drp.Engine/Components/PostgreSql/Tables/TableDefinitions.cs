using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Components.PostgreSql.Archive;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>
/// What of a database's definitions is gone from the live one and must be made again with its tables: the tables themselves, what belongs to them (indexes,
/// constraints, sequences, triggers, views, privileges, comments) and what they need (schemas, types, functions, extensions). Known from the contents and the
/// dependencies that <c>pg_dump</c> writes down; the statements are its own.
/// </summary>
internal sealed class TableDefinitions
{
    /// <summary>Entries that describe the dump, or whose making has effects outside of the database.</summary>
    private static readonly HashSet<string> s_never = new(StringComparer.Ordinal) { "DATABASE", "DATABASE PROPERTIES", "ENCODING", "STDSTRINGS", "SEARCHPATH", "SUBSCRIPTION", "SUBSCRIPTION TABLE" };

    /// <summary>Foreign keys join two tables, of which one may have other rows by now: they are made last, one by one.</summary>
    private const string ForeignKey = "FK CONSTRAINT";

    /// <summary>What comes along even with something that is only needed.</summary>
    private static readonly HashSet<string> s_attached = new(StringComparer.Ordinal) { "ACL", "COMMENT", "SECURITY LABEL", "SEQUENCE OWNED BY" };

    /// <summary>Details that are part of something else, for people.</summary>
    private static readonly HashSet<string> s_details = new(StringComparer.Ordinal) { "ACL", "COMMENT", "SECURITY LABEL", "SEQUENCE OWNED BY", "DEFAULT", "TABLE ATTACH", "INDEX ATTACH", "ROW SECURITY" };

    /// <summary>Indexes of partitions that belong to an index of the table they are part of: partition, its index, the constraint behind it, and that table.</summary>
    private const string PartIndexes = """
        SELECT n.nspname, t.relname, i.relname, k.conname, pn.nspname, pt.relname
        FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class i ON i.oid = h.inhrelid AND i.relkind IN ('i', 'I') JOIN pg_catalog.pg_index x ON x.indexrelid = i.oid
        JOIN pg_catalog.pg_class t ON t.oid = x.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace JOIN pg_catalog.pg_index px ON px.indexrelid = h.inhparent
        JOIN pg_catalog.pg_class pt ON pt.oid = px.indrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = pt.relnamespace
        LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.oid AND k.contype IN ('p', 'u', 'x')
        """;

    private readonly HostContext _host;
    private readonly IPostgreSqlServer _copy;
    private readonly string _archive;
    private readonly IReadOnlyList<DumpEntry> _entries;
    private readonly HashSet<(string, string?, string)> _live;

    private TableDefinitions(HostContext host, IPostgreSqlServer copy, string archive, IReadOnlyList<DumpEntry> entries, HashSet<(string, string?, string)> live) =>
        (_host, _copy, _archive, _entries, _live) = (host, copy, archive, entries, live);

    /// <summary>What is to be made, in its order; see <see cref="Choose"/>.</summary>
    public IReadOnlyList<DumpEntry> Chosen { get; private set; } = [];

    /// <summary>What is to be made, for people: without privileges, comments and the like.</summary>
    public IReadOnlyList<string> Names => [.. Chosen.Where(e => !s_details.Contains(e.Kind)).Select(e => $"{e.Kind} {(e.Schema is null ? e.Name : $"{e.Schema}.{e.Name}")}")];

    /// <summary>Reads the definitions of both servers.</summary>
    /// <param name="host">The host.</param>
    /// <param name="copy">The server that recovered.</param>
    /// <param name="live">The live one.</param>
    /// <param name="database">Database.</param>
    /// <param name="exists">False when the live server has no such database yet.</param>
    /// <param name="folder">Private folder for the archive.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<TableDefinitions> ReadAsync(HostContext host, IPostgreSqlServer copy, IPostgreSqlServer live, string database, bool exists, string folder, CancellationToken ct)
    {
        string archive = Path.Combine(folder, "definitions");
        IReadOnlyList<DumpEntry> was = await DumpAsync(host, copy, database, archive, ct).ConfigureAwait(false);
        IReadOnlyList<DumpEntry> now = exists ? await DumpAsync(host, live, database, null, ct).ConfigureAwait(false) : [];
        var definitions = new TableDefinitions(host, copy, archive, was, [.. now.Select(Identity)]);
        foreach (string?[] index in await copy.QueryAsync(database, PartIndexes, ct).ConfigureAwait(false))
        {
            // The server makes them by itself when the partition is attached to a table that is there.
            if (definitions.IsLive(index[4]!, index[5]!)) definitions._live.UnionWith([("INDEX", index[0], index[2]!), ("INDEX ATTACH", index[0], index[2]!), ("CONSTRAINT", index[0], $"{index[1]} {index[3]}")]);
        }

        return definitions;
    }

    /// <summary>True when the live server has such a table.</summary>
    public bool IsLive(string schema, string name) => _live.Contains(("TABLE", schema, name));

    /// <summary>Chooses what is to be made.</summary>
    /// <param name="tables">Tables asked for, with their partitions.</param>
    /// <param name="schemas">Schemas of which all comes back.</param>
    /// <param name="everything">All of the database, also what is in no schema.</param>
    public void Choose(IReadOnlySet<(string Schema, string Name)> tables, IReadOnlySet<string> schemas, bool everything)
    {
        var gone = _entries.Where(e => !s_never.Contains(e.Kind) && e.Kind != ForeignKey && !_live.Contains(Identity(e))).ToDictionary(e => e.Id);
        ILookup<int, DumpEntry> dependents = gone.Values.SelectMany(e => e.Needs.Select(n => (n, e))).ToLookup(p => p.n, p => p.e);
        HashSet<int> own = [], needed = [];
        Queue<DumpEntry> next = new(gone.Values.Where(e => everything || (e.Kind == "TABLE" && tables.Contains((e.Schema!, e.Name)))
            || (e.Schema is not null && schemas.Contains(e.Schema)) || (e.Kind == "SCHEMA" && schemas.Contains(e.Name))));
        foreach (DumpEntry seed in next) own.Add(seed.Id);
        while (next.TryDequeue(out DumpEntry? entry))
        {
            foreach (DumpEntry need in entry.Needs.Select(n => gone.GetValueOrDefault(n)).OfType<DumpEntry>().Where(n => !own.Contains(n.Id) && needed.Add(n.Id))) next.Enqueue(need);
            bool mine = own.Contains(entry.Id);
            foreach (DumpEntry dependent in dependents[entry.Id].Where(d => (mine || s_attached.Contains(d.Kind)) && own.Add(d.Id))) next.Enqueue(dependent);
        }

        Chosen = [.. _entries.Where(e => own.Contains(e.Id) || needed.Contains(e.Id))];
    }

    /// <summary>The statements that make what was chosen.</summary>
    /// <param name="section"><c>pre-data</c> or <c>post-data</c>.</param>
    /// <param name="plain">Leaves out the commands that only a <c>psql</c> as new as ours knows.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<string> ScriptAsync(string section, bool plain, CancellationToken ct)
    {
        if (Chosen.Count == 0) return "";
        string list = await ListAsync(ct).ConfigureAwait(false);
        byte[] archive = await File.ReadAllBytesAsync(_archive, ct).ConfigureAwait(false);
        ProcessResult made = await _host.Processes.RunAsync(_copy.Tool("pg_restore", null, $"--section={section}", $"--use-list={list}", "--file=-"), ct, archive).ConfigureAwait(false);
        if (!made.Ok) throw PostgreSqlErrors.FromProgram("pg_restore", made.ExitCode, made.Errors, _copy.Description);
        return plain ? WithoutRestrict(made.Text) : made.Text;
    }

    /// <summary>Writes what was chosen where the copy's programs can read it. A copy in a container goes away with all of it.</summary>
    private async Task<string> ListAsync(CancellationToken ct)
    {
        string lines = string.Concat(Chosen.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Id};\n")));
        if (_copy.Container is null)
        {
            await File.WriteAllTextAsync(_archive + ".list", lines, ct).ConfigureAwait(false);
            return _archive + ".list";
        }

        const string inside = "/tmp/drp-definitions.list";
        Command write = _copy.Where.Wrap(new Command("sh", "-c", "umask 077 && cat > \"$1\"", "sh", inside));
        ProcessResult written = await _host.Processes.RunAsync(write, ct, Encoding.UTF8.GetBytes(lines)).ConfigureAwait(false);
        return written.Ok ? inside : throw PostgreSqlErrors.FromProgram("sh", written.ExitCode, written.Errors, _copy.Description);
    }

    /// <summary><c>\restrict KEY</c> at the beginning and <c>\unrestrict KEY</c> at the end, as pg_restore of newer minor versions writes them.</summary>
    private static string WithoutRestrict(string script)
    {
        string[] lines = script.Split('\n');
        int first = Array.FindIndex(lines, l => l.StartsWith("\\restrict ", StringComparison.Ordinal));
        if (first < 0 || lines[..first].Any(l => l.Length > 0 && !l.StartsWith("--", StringComparison.Ordinal))) return script;
        int last = Array.FindLastIndex(lines, l => l == $"\\unrestrict {lines[first]["\\restrict ".Length..]}");
        return string.Join('\n', lines.Where((_, i) => i != first && i != last));
    }

    private static async Task<IReadOnlyList<DumpEntry>> DumpAsync(HostContext host, IPostgreSqlServer server, string database, string? file, CancellationToken ct)
    {
        Command dump = server.Tool("pg_dump", database, "--format=custom", "--compress=0", "--schema-only", "--no-password", "--lock-wait-timeout=60s");
        IRunningProcess process = host.Processes.Start(dump);
        await using var _ = process.ConfigureAwait(false);
        process.Input.Close();
        Stream kept = file is null ? Stream.Null : File.Create(file);
        await using var __ = kept.ConfigureAwait(false);
        var reader = new DumpArchiveReader();
        byte[] buffer = new byte[128 * 1024];
        while (await process.Output.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and int count)
        {
            reader.Feed(buffer.AsSpan(0, count));
            await kept.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
        }

        int code = await process.WaitAsync(ct).ConfigureAwait(false);
        if (code != 0) throw PostgreSqlErrors.FromProgram("pg_dump", code, process.Errors, $"{server.Description}/{database}");
        DumpArchive archive = reader.Finish();
        return archive.State == DumpArchiveState.Complete ? archive.Entries
            : throw new DrpException(DrpError.Failed, Text.Of(TableTexts.DefinitionsUnread, server.Description, database, archive.Problem)) { Subject = "pg_dump" };
    }

    private static (string, string?, string) Identity(DumpEntry e) => (e.Kind, e.Schema, e.Name);
}
