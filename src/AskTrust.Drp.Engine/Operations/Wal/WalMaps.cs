using System.Security.Cryptography;
using System.Text;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>
/// Keeps, beside the WAL, which file belongs to which table: a new map whenever that has changed, put into the spool and shipped from there like a segment. So a
/// table that was made after the newest base can be named when it is looked for.
/// </summary>
internal sealed class WalMaps(HostContext host, WalSource source, WalSpool spool)
{
    /// <summary>How soon a new name is known. Who makes and drops a table within that time, is not found by its name.</summary>
    private static readonly TimeSpan s_names = TimeSpan.FromMinutes(1);

    /// <summary>How soon new files of known tables are; the WAL itself shows them, so this only corrects.</summary>
    private static readonly TimeSpan s_files = TimeSpan.FromMinutes(10);

    private DateTimeOffset _next, _written;
    private Lsn _looked;
    private string _names = "", _files = "";

    /// <summary>Looks again and again until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            TimeSpan wait = _next - host.Clock.GetUtcNow();
            if (wait > TimeSpan.Zero) await Task.Delay(wait, host.Clock, stop).ConfigureAwait(false);
            await RefreshAsync(stop).ConfigureAwait(false);
        }
    }

    /// <summary>Looks, when it is time and the server has written something, and writes what is new. A server or disk that is not well just now is looked at later.</summary>
    public async Task RefreshAsync(CancellationToken ct)
    {
        DateTimeOffset now = host.Clock.GetUtcNow();
        if (now < _next) return;
        _next = now + s_names;
        try
        {
            WalServerState state = await source.StateAsync(ct).ConfigureAwait(false);
            if (state.System != spool.System || state.Flushed == _looked) return;
            RelationMap map = await RelationMap.ReadAsync(source.Server, [], ct).ConfigureAwait(false);
            _looked = state.Flushed;
            // Of many tables the look itself takes its time: production has better things to do.
            TimeSpan took = host.Clock.GetUtcNow() - now;
            if (took * 100 > s_names) _next = now + (took * 100);
            string names = Digest(map, files: false), files = Digest(map, files: true);
            if (files == _files || (names == _names && now - _written < s_files)) return;
            Write(map, state.Timeline);
            (_names, _files, _written) = (names, files, now);
        }
        catch (Exception e) when (e is DrpException or IOException or UnauthorizedAccessException)
        {
            host.Say(DrpEventLevel.Verbose, Text.Of(OperationsTexts.WalMapLater, e.Message));
        }
    }

    private void Write(RelationMap map, uint timeline)
    {
        Lsn at = Lsn.Parse(map.Lsn);
        WalName segment = WalName.At(timeline, at, spool.SegmentSize), name = segment.Map((long)(at.Value - segment.Start(spool.SegmentSize).Value));
        string path = spool.PathOf(name), fresh = path + ".new";
        if (File.Exists(path)) return;
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(map.ToJson());
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path);
    }

    private static string Digest(RelationMap map, bool files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (MappedDatabase database in map.Databases)
        {
            foreach (MappedRelation r in database.Relations.Where(r => files || r.Kind is "r" or "p" or "m"))
                hash.AppendData(Encoding.UTF8.GetBytes($"{database.Oid}/{r.Oid}/{(files ? r.File : 0)}/{r.Schema}/{r.Name}/{r.Of}\n"));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
