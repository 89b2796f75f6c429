using System.Collections.Concurrent;
using System.Security.Cryptography;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Ships one spool into one repository, at that repository's own pace: one that is down does not hold up another, and catches up later.</summary>
internal sealed class WalShipper(CatalogContext catalog, WalArchive archive, WalSpool spool, WalPackCache cache, IRepository repository, WalServer server, bool newSystem, TimeSpan shipEvery,
    WalDebts debts)
    : IAsyncDisposable
{
    private const int AtOnce = 4;

    /// <summary>New bytes that make a server a busy one.</summary>
    private const long Busy = 64 * 1024;

    /// <summary>How often the open segment of a busy server is shipped.</summary>
    private static readonly TimeSpan s_busy = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<WalName, WalObject> _there = [];
    private readonly ConcurrentDictionary<WalName, bool> _same = [];
    private Lease? _lease;
    private bool _ready;
    private DateTimeOffset _lastPieces;
    private long _segments;
    private long _pieces;
    private volatile string? _message;
    private (Lsn Lsn, DateTimeOffset? Commit)? _shipped;

    /// <summary>Where.</summary>
    public IRepository Repository => repository;

    /// <summary>True when the repository is known to have a file with the bytes of the spool.</summary>
    public bool Has(WalName name) => _same.ContainsKey(name);

    /// <summary>True while we hold the lease of the repository: no other receiver of this component ships there.</summary>
    public bool IsLeased => _lease is { Lost.IsCancellationRequested: false };

    /// <summary>True while the repository does not answer.</summary>
    public bool IsSilent => _message is not null;

    /// <summary>Ships the open segment in every pass.</summary>
    public bool Hurry { get; set; }

    /// <summary>Number of passes in which nothing was left to do at their end.</summary>
    public long Rounds { get; private set; }

    /// <summary>How it stands.</summary>
    public WalShipment Report => new()
    {
        Repository = repository.Name, Segments = Interlocked.Read(ref _segments), Pieces = Interlocked.Read(ref _pieces), Waiting = spool.Whole().Count(n => !Has(n)),
        Shipped = _shipped?.Lsn, LastCommit = _shipped?.Commit, Message = _message,
    };

    /// <summary>Ships until it is stopped; then once more what has come in the meantime.</summary>
    /// <param name="stop">Asks to finish.</param>
    /// <param name="ct">Ends at once.</param>
    /// <exception cref="DrpException">What no waiting mends: other bytes under the same name, another server, another receiver.</exception>
    public async Task RunAsync(CancellationToken stop, CancellationToken ct)
    {
        TimeSpan pause = s_firstPause;
        while (true)
        {
            bool last = stop.IsCancellationRequested;
            try
            {
                await PrepareAsync(ct).ConfigureAwait(false);
                await TellHoleAsync(ct).ConfigureAwait(false);
                await ShipWholeAsync(ct).ConfigureAwait(false);
                await ShipOpenAsync(last || Hurry, ct).ConfigureAwait(false);
                if (_message is not null) catalog.Host.Say(DrpEventLevel.Information, Text.Of(OperationsTexts.WalRepositoryBack, repository.Name));
                (_message, pause) = (null, s_firstPause);
                Rounds++;
                if (last) return;
                await Task.Delay(s_look, catalog.Host.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (WriteOnce.IsStoreFault(e) && e is not DrpException { Code: DrpError.VerificationFailed or DrpError.UnsafeTarget or DrpError.Locked })
            {
                if (_message is null) catalog.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalRepositoryDown, repository.Name, e.Message));
                _message = e.Message;
                if (last) return;
                await Task.Delay(pause, catalog.Host.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks));
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_lease is not null) await _lease.DisposeAsync().ConfigureAwait(false);
    }

    private async Task PrepareAsync(CancellationToken ct)
    {
        if (_lease is { Lost.IsCancellationRequested: true })
        {
            // Down for so long that nobody could tell whether we live. Another one may have been here since: look again.
            await _lease.DisposeAsync().ConfigureAwait(false);
            (_lease, _ready) = (null, false);
        }

        if (_ready) return;
        _lease ??= await new LeaseKeeper(catalog with { Keys = catalog.Keys.ForReceiver(server.Component) }).AcquireAsync(repository, LeaseMode.Write, "wal receive", ct).ConfigureAwait(false);
        await archive.ClaimAsync(repository, server, newSystem, ct).ConfigureAwait(false);
        WalListing listing = await archive.ListAsync(repository, spool.System, ct).ConfigureAwait(false);
        if (listing.Error is { } error) throw error;
        _same.Clear();
        _there.Clear();
        foreach (WalObject o in listing.Objects) _there[o.Name] = o;
        _ready = true;
    }

    /// <summary>The first segment that the repository has not got whole: where a hole begins when the spool is emptied. Null when nothing was ever received.</summary>
    public WalName? FirstMissing()
    {
        List<WalName> whole = [.. spool.Whole().Where(n => n.Kind == WalKind.Segment)];
        return whole.Find(n => !Has(n)) ?? (spool.Open() is [.., var open] ? open : whole.LastOrDefault()?.Next(spool.SegmentSize));
    }

    private async Task TellHoleAsync(CancellationToken ct)
    {
        if (debts.HoleOf(repository.Name) is not { } hole) return;
        await archive.RecordHoleAsync(repository, spool.System, hole.First, hole.Cause, ct).ConfigureAwait(false);
        debts.Told(repository.Name);
    }

    private async Task ShipWholeAsync(CancellationToken ct)
    {
        foreach (WalName[] some in spool.Whole().Where(n => !Has(n)).Chunk(AtOnce))
        {
            await Task.WhenAll(some.Select(n => ShipAsync(n, null, ct))).ConfigureAwait(false);
            foreach (WalName name in some.Where(n => n.Kind == WalKind.Segment && Has(n))) await DropPiecesAsync(name, ct).ConfigureAwait(false);
        }

        if (spool.Whole().LastOrDefault(n => n.Kind == WalKind.Segment) is { } newest && Has(newest))
        {
            Lsn end = newest.Next(spool.SegmentSize).Start(spool.SegmentSize);
            if (_shipped is null || _shipped.Value.Lsn < end) _shipped = (end, _there.GetValueOrDefault(newest)?.Mark.LastCommit ?? _shipped?.Commit);
        }
    }

    private async Task ShipOpenAsync(bool now, CancellationToken ct)
    {
        TimeSpan since = catalog.Host.Clock.GetUtcNow() - _lastPieces;
        bool due = now || since >= shipEvery;
        if (!due && since < s_busy) return;
        foreach (WalName segment in spool.Open())
        {
            if (spool.Measure(segment) is not { } state) continue;
            IReadOnlyList<WalName> chain = [.. _there.Keys.Where(n => n.Kind == WalKind.Piece && n.Segment == segment).OrderBy(n => n.From).ThenByDescending(n => n.To)];
            // A receiver that was killed begins its segment anew: until it is where it was, there is nothing to compare, and nothing new.
            if (chain.Any(n => n.To > state.Proven)) continue;
            foreach (WalName piece in chain.Where(n => !Has(n))) Compare(piece);
            long from = Reached(chain);
            if (!due && state.Proven - from < Busy) continue;
            _lastPieces = catalog.Host.Clock.GetUtcNow();
            if (state.Proven > from)
            {
                if (!await ShipAsync(segment.Piece(from, state.Proven), new WalMark(state.LastCommit), ct).ConfigureAwait(false)) continue;
                Interlocked.Increment(ref _pieces);
                from = state.Proven;
            }

            Lsn reached = new(segment.Start(spool.SegmentSize).Value + (ulong)from);
            if (_shipped is null || _shipped.Value.Lsn <= reached) _shipped = (reached, state.LastCommit ?? _shipped?.Commit);
        }
    }

    private static long Reached(IReadOnlyList<WalName> pieces)
    {
        long reached = 0;
        foreach (WalName piece in pieces)
        {
            if (piece.From > reached) break;
            reached = Math.Max(reached, piece.To);
        }

        return reached;
    }

    /// <summary>What was there before us must be what we have: a copy of the server may have gone its own way.</summary>
    private void Compare(WalName piece)
    {
        if (spool.Read(piece.Segment!, piece.From, piece.To) is not { } bytes) return;
        Confirm(piece, Digests.Of(bytes));
    }

    private void Confirm(WalName name, string ours)
    {
        if (_there[name].Sha256 != ours) throw WalArchive.Different(repository, name, _there[name].Sha256, ours);
        _same[name] = true;
    }

    private async Task<bool> ShipAsync(WalName name, WalMark? mark, CancellationToken ct)
    {
        if (_there.ContainsKey(name))
        {
            if (!File.Exists(spool.PathOf(name))) return false;
            // One who is started again writes the map of a server that stands still anew: it says the same, and only when it was looked at differs.
            if (name.Kind == WalKind.Map) return _same[name] = true;
            FileStream file = File.OpenRead(spool.PathOf(name));
            await using var _ = file.ConfigureAwait(false);
            Confirm(name, Digests.Hex(await SHA256.HashDataAsync(file, ct).ConfigureAwait(false)));
            return true;
        }

        if (await cache.GetAsync(name, mark, ct).ConfigureAwait(false) is not { } packed) return false;
        // The lease keeps others away: what was listed at the start, and what we wrote since, is all there is.
        await archive.PutAsync(repository, packed, [], ct).ConfigureAwait(false);
        _there[name] = new WalObject
        {
            Repository = repository, Key = packed.Key, System = spool.System, Name = name, Sha256 = packed.Sha256, StoredSha256 = "", Mark = packed.File.Mark,
            Compression = CompressionKind.None, Encrypted = false, Size = packed.Bytes.Length, Modified = catalog.Host.Clock.GetUtcNow(),
        };
        _same[name] = true;
        if (name.Kind == WalKind.Segment) Interlocked.Increment(ref _segments);
        return true;
    }

    /// <summary>The whole segment is in: its pieces are superfluous. Those that cannot be deleted now, retention takes.</summary>
    private async Task DropPiecesAsync(WalName segment, CancellationToken ct)
    {
        foreach (var (name, o) in _there.Where(t => t.Key.Kind == WalKind.Piece && t.Key.Segment == segment).ToList())
        {
            await repository.DeleteAsync(o.Key, ct).ConfigureAwait(false);
            _there.TryRemove(name, out _);
        }
    }
}
