using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Accidents;

/// <summary>A committed transaction that did something to a relation that is looked for.</summary>
/// <param name="Action">What.</param>
/// <param name="Relation">Number of the relation.</param>
/// <param name="Xid">Transaction.</param>
/// <param name="Done">Its records.</param>
/// <param name="Commit">The record that committed it.</param>
/// <param name="Time">When.</param>
/// <param name="Rows">Rows; null = all there were.</param>
internal sealed record Accident(TableAction Action, uint Relation, uint Xid, WalTransaction Done, Lsn Commit, DateTimeOffset Time, long? Rows);

/// <summary>What was known of the files of a database at a position.</summary>
internal sealed record MappedMoment(Lsn At, MappedDatabase Database, string Source);

/// <summary>
/// Reads the records of a server's WAL in their order and finds the committed transactions that did something to certain relations. Keeps only what
/// transactions that run have done, so the length of the WAL does not matter.
/// </summary>
internal sealed class AccidentFinder
{
    // Flags of a DELETE that is none: an inserted row taken back (ON CONFLICT), and the half of an UPDATE that moves the row to another partition.
    private const int InsertTakenBack = 0x08, MovedToPartition = 0x10;
    private readonly uint _database;
    private readonly IReadOnlySet<uint> _wanted;
    private readonly RelationFiles _files;
    private readonly Queue<MappedMoment> _maps;
    private readonly Dictionary<uint, WalTransaction> _running = [];
    private readonly List<Accident> _found = [];
    private readonly HashSet<uint> _gone = [];

    /// <param name="maps">Maps of the database, oldest first.</param>
    /// <param name="wanted">Numbers of the relations.</param>
    /// <param name="major">Major version of the server.</param>
    public AccidentFinder(IReadOnlyList<MappedMoment> maps, IReadOnlySet<uint> wanted, int major)
    {
        (_database, _wanted, _maps, _files) = (maps[0].Database.Oid, wanted, new Queue<MappedMoment>(maps), new RelationFiles(major >= 15));
        _files.Load(_maps.Dequeue().Database);
        foreach (MappedMoment later in _maps) _files.Expect(later.Database);
    }

    /// <summary>What was found, in the order of the commits.</summary>
    public IReadOnlyList<Accident> Found => _found;

    /// <summary>The last record that was read.</summary>
    public Lsn? Last { get; private set; }

    /// <summary>Records that were read.</summary>
    public long Records { get; private set; }

    /// <summary>Time of the last commit; null = none yet.</summary>
    public DateTimeOffset? LastCommit { get; private set; }

    /// <summary>Takes a line; lines of records that were read already do nothing.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: a line is not understood, or a relation cannot be followed any further.</exception>
    public void Read(ReadOnlySpan<char> text)
    {
        try
        {
            if (!WalLine.TryRead(text, out WalLine line) || line.Lsn <= Last) return;
            Last = line.Lsn;
            Records++;
            while (_maps.TryPeek(out MappedMoment? map) && map.At <= line.Lsn) _files.Load(_maps.Dequeue().Database);
            Take(line);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.DumpNotUnderstood, text.ToString()), e) { Subject = "pg_waldump" };
        }
    }

    private void Take(in WalLine line)
    {
        if (line.Manager is "Transaction" && Ends(line)) return;
        if (line.Xid == 0) return;
        if (!_running.TryGetValue(line.Xid, out WalTransaction? done)) _running[line.Xid] = done = new WalTransaction(line.Lsn, line.Previous);
        done.Last = line.Lsn;
        switch (line.Manager)
        {
            case "Heap":
                Heap(line, done);
                break;
            case "Storage" when line.Operation is "CREATE":
                if (WalPath.Read(line.Details.Trim().ToString()) is { } path && path.Database == _database) done.Made.Add((line.Lsn, path));
                break;
            case "Standby" when line.Operation is "LOCK":
                Locks(line.Details.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
                break;
            case "Database" when line.Operation is "DROP":
                done.DatabaseGone |= line.Details.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Any(w => w.EndsWith(string.Create(CultureInfo.InvariantCulture, $"/{_database}"), StringComparison.Ordinal));
                break;
            default:
                break;
        }
    }

    private void Heap(in WalLine line, WalTransaction done)
    {
        switch (line.Operation)
        {
            case "DELETE" when line.TryRelation(out uint database, out uint file) && database == _database:
                int flags = Flags(line.Details);
                if ((flags & MovedToPartition) != 0) WalTransaction.Count(done.Updated, file);
                else if ((flags & InsertTakenBack) == 0) WalTransaction.Count(done.Deleted, file);
                break;
            case "UPDATE" or "UPDATE+INIT" or "HOT_UPDATE" or "HOT_UPDATE+INIT" when line.TryRelation(out uint database, out uint file) && database == _database:
                WalTransaction.Count(done.Updated, file);
                break;
            case "TRUNCATE":
                string details = line.Details.ToString();
                int at = details.IndexOf("relids", StringComparison.Ordinal);
                if (at < 0) throw new FormatException(details);
                foreach (string word in details[(at + 6)..].Split([' ', ':', '[', ']', ','], StringSplitOptions.RemoveEmptyEntries))
                    if (uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out uint relation)) done.Truncated.Add(relation);
                break;
            default:
                break;
        }
    }

    private static int Flags(ReadOnlySpan<char> details)
    {
        int at = details.IndexOf("0x", StringComparison.Ordinal);
        return at >= 0 && int.TryParse(details.Slice(at + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int flags) ? flags : 0;
    }

    /// <summary><c>xid 735 db 16384 rel 16395</c>, several in one record.</summary>
    private void Locks(string[] words)
    {
        for (int i = 0; i + 5 < words.Length; i++)
        {
            if (words[i] != "xid" || words[i + 2] != "db" || words[i + 4] != "rel" || uint.Parse(words[i + 3], CultureInfo.InvariantCulture) != _database) continue;
            // The server also repeats the locks of all others at each checkpoint, in records that belong to nobody.
            if (_running.TryGetValue(uint.Parse(words[i + 1], CultureInfo.InvariantCulture), out WalTransaction? holder)) holder.Locked.Add(uint.Parse(words[i + 5].TrimEnd(';', ','), CultureInfo.InvariantCulture));
        }
    }

    /// <returns>True when the record ended a transaction.</returns>
    private bool Ends(in WalLine line)
    {
        bool commits = line.Operation is "COMMIT" or "COMMIT_PREPARED";
        if (!commits && line.Operation is not ("ABORT" or "ABORT_PREPARED")) return false;
        WalEnding ending = WalEnding.Read(line);
        WalTransaction? done = null;
        foreach (uint xid in ending.Parts.Prepend(ending.Xid))
        {
            if (!_running.Remove(xid, out WalTransaction? part)) continue;
            if (done is null) done = part;
            else done.Add(part);
        }

        if (!commits) return true;
        LastCommit = ending.Time;
        if (done is not null) Judge(line.Lsn, ending, done);
        return true;
    }

    private void Judge(Lsn commit, WalEnding ending, WalTransaction done)
    {
        // Rows are counted under the file they had; a relation may have had two in one transaction.
        Dictionary<uint, long> deleted = [], updated = [];
        IReadOnlyDictionary<uint, FileFate> fates = _files.Follow(_database, ending, done);
        foreach (var (file, rows) in done.Deleted) Sum(deleted, file, rows);
        foreach (var (file, rows) in done.Updated) Sum(updated, file, rows);
        foreach (uint relation in _wanted)
        {
            // What was dropped before does not go once more with its database.
            if (_gone.Contains(relation)) continue;
            TableAction? whole = done.DatabaseGone ? TableAction.Drop : !fates.TryGetValue(relation, out FileFate fate) ? null : fate switch
            {
                FileFate.Dropped => TableAction.Drop,
                FileFate.Emptied => TableAction.Truncate,
                FileFate.Rewritten => TableAction.Rewrite,
                _ => throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.RelationLost, relation, ending.Xid, commit, Moment(ending.Time)))
                {
                    Subject = relation.ToString(CultureInfo.InvariantCulture), Hint = Text.Of(PhysicalTexts.RelationLostHint, Moment(ending.Time)),
                },
            };
            if (whole is { } action) Add(action, null);
            if (whole == TableAction.Drop) _gone.Add(relation);
            if (whole != TableAction.Truncate && done.Truncated.Contains(relation)) Add(TableAction.Truncate, null);
            if (deleted.TryGetValue(relation, out long rows)) Add(TableAction.Delete, rows);
            if (updated.TryGetValue(relation, out rows)) Add(TableAction.Update, rows);

            void Add(TableAction what, long? count) => _found.Add(new Accident(what, relation, ending.Xid, done, commit, ending.Time, count));
        }

        void Sum(Dictionary<uint, long> sums, uint file, long rows)
        {
            if (_files.RelationOf(file) is { } relation) WalTransaction.Count(sums, relation, rows);
        }
    }

    private static string Moment(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
