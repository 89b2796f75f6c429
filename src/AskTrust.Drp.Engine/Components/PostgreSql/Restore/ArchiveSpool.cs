using System.Runtime.ExceptionServices;
using AskTrust.Drp.Engine.Components.PostgreSql.Archive;
using AskTrust.Drp.Engine.Host;
using Microsoft.Win32.SafeHandles;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// An archive on its way into a temporary file of ours. While it is written, the tables whose data has begun to arrive can be taken out of it,
/// by several readers at once: each gets the table of contents and the data it took, which <c>pg_restore</c> accepts as an archive.
/// </summary>
internal sealed class ArchiveSpool : IAsyncDisposable
{
    /// <summary>Small tables are taken together up to this size, so that a program is not started for each.</summary>
    private const long Batch = 16L * 1024 * 1024;

    /// <summary>A table larger than this is loaded by several sessions, a stretch of this size by each: as many as are free, and rows that were neighbours stay near each other.</summary>
    private const long Stretch = 64L * 1024 * 1024;

    private const long Reserve = 64L * 1024 * 1024;
    private const int PieceSize = 1024 * 1024;
    private readonly TempFolder _folder;
    private readonly SafeFileHandle _file;
    private readonly DumpArchiveReader _reader = new(Stretch);
    private readonly List<BlockPiece> _waiting = [];
    private readonly Dictionary<DumpBlock, int> _unloaded = [];
    private readonly Queue<IReadOnlyList<int>> _ready = [];
    private readonly object _gate = new();
    private TaskCompletionSource _more = NewSignal();
    private Exception? _failure;
    private bool _isWhole;
    private long _written;
    private int _known, _pieces;
    private int _loading;

    private ArchiveSpool(TempFolder folder)
    {
        _folder = folder;
        Path = System.IO.Path.Combine(folder.Path, "plain");
        // The folder is ours alone (0700), so the file is too.
        _file = File.OpenHandle(Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous);
    }

    /// <summary>The file; complete once <see cref="FillAsync"/> has ended.</summary>
    public string Path { get; }

    /// <summary>The folder it lies in, for other files of the same run.</summary>
    public string Folder => _folder.Path;

    /// <summary>Makes room for an archive of the given size; null when there is not enough, or the size is not known, and then nothing is risked.</summary>
    public static async Task<ArchiveSpool?> TryMakeAsync(HostContext host, long? size)
    {
        if (size is not { } needed) return null;
        TempFolder folder = host.Temp.CreateFolder("restore");
        if (new DriveInfo(folder.Path).AvailableFreeSpace >= needed + Reserve) return new ArchiveSpool(folder);
        await folder.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>Writes the whole stream into the file.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.NotEnoughSpace"/>, or what the stream throws.</exception>
    public async Task FillAsync(Stream source, CancellationToken ct)
    {
        try
        {
            byte[] piece = new byte[PieceSize];
            while (await source.ReadAsync(piece, ct).ConfigureAwait(false) is > 0 and int count)
            {
                await RandomAccess.WriteAsync(_file, piece.AsMemory(0, count), _written, ct).ConfigureAwait(false);
                Tell(() =>
                {
                    _reader.Feed(piece.AsSpan(0, count));
                    _written += count;
                    AddPieces();
                });
            }

            Tell(() => _isWhole = true);
        }
        catch (Exception e)
        {
            Exception known = DiskFull.Is(e) ? DiskFull.Error(Path, e) : e;
            Tell(() => _failure = known);
            if (known != e) throw known;
            throw;
        }
    }

    /// <summary>Waits for the table of contents; null when these bytes are no archive that is understood here.</summary>
    public async Task<IReadOnlyList<DumpEntry>?> EntriesAsync(CancellationToken ct)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_reader.HeadLength is not null) return _reader.Entries;
                if (_reader.HasFailed || _isWhole) return null;
                more = NextAsync();
            }

            await more.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes what is to be restored next: a stretch of the table of which most is there, or several small ones, else what <see cref="Loaded"/> made possible; null when
    /// all is taken, and nothing that could make more possible is being loaded.
    /// </summary>
    public async Task<SpoolWork?> TakeAsync(CancellationToken ct)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_waiting.Count > 0)
                {
                    _loading++;
                    return new SpoolWork(Choose(), []);
                }

                if (_ready.TryDequeue(out IReadOnlyList<int>? entries)) return new SpoolWork([], entries);
                if (_reader.HasFailed || (_isWhole && _loading == 0)) return null;
                more = NextAsync();
            }

            await more.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Pieces that were taken are restored.</summary>
    /// <param name="pieces">The pieces.</param>
    /// <param name="possible">For the blocks that are now restored as a whole: ids of entries that can be restored from now on, in pieces of work.</param>
    public void Loaded(IReadOnlyList<BlockPiece> pieces, Func<IReadOnlyList<DumpBlock>, IEnumerable<IReadOnlyList<int>>> possible) => Tell(() =>
    {
        DumpBlock[] whole = [.. pieces.Select(p => p.Block).Where(b => --_unloaded[b] == 0)];
        foreach (IReadOnlyList<int> entries in possible(whole)) _ready.Enqueue(entries);
        _loading--;
    });

    /// <summary>An archive of the table of contents and these pieces; it follows one that has not arrived as a whole.</summary>
    public Stream Open(IReadOnlyList<BlockPiece> pieces) => new Extract(this, pieces);

    /// <summary>What was in the file, once it is complete.</summary>
    public DumpArchive Finish()
    {
        lock (_gate) return _reader.Finish();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _file.Dispose();
        await _folder.DisposeAsync().ConfigureAwait(false);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Each block has a piece from its beginning on, and one from each of its cuts on. A cut ends the piece before it, also when that is already being loaded.</summary>
    private void AddPieces()
    {
        while (true)
        {
            if (_known > 0)
            {
                DumpBlock block = _reader.Blocks[_known - 1];
                for (; _pieces <= block.Cuts.Count; _pieces++)
                {
                    _waiting.Add(new BlockPiece(block, _pieces, _pieces == 0 ? block.Start : block.Cuts[_pieces - 1]));
                    _unloaded[block] = _unloaded.GetValueOrDefault(block) + 1;
                }
            }

            if (_known == _reader.Blocks.Count) return;
            (_known, _pieces) = (_known + 1, 0);
        }
    }

    private long SizeOf(BlockPiece piece) => (piece.End ?? _written) - piece.Start;

    /// <summary>Of the table of which most waits, the first piece: rows come into it in about the order they had.</summary>
    private List<BlockPiece> Choose()
    {
        BlockPiece largest = _waiting.GroupBy(p => p.Block).MaxBy(g => g.Sum(SizeOf))!.First();
        if (SizeOf(largest) >= Batch || largest.End is null)
        {
            _waiting.Remove(largest);
            return [largest];
        }

        // Never two of one table, which an archive could not hold: all but its last are larger.
        long size = 0;
        int count = _waiting.TakeWhile(p => p.End is not null && (size += SizeOf(p)) <= Batch).Count();
        List<BlockPiece> batch = _waiting.GetRange(0, count);
        _waiting.RemoveRange(0, count);
        return batch;
    }

    private void Tell(Action change)
    {
        TaskCompletionSource told;
        lock (_gate)
        {
            change();
            told = _more;
            _more = NewSignal();
        }

        told.SetResult();
    }

    /// <summary>Ends when there is more to know; throws what ended the writing.</summary>
    private Task NextAsync()
    {
        if (_failure is { } failure) ExceptionDispatchInfo.Throw(failure);
        return _more.Task;
    }

    /// <summary>Reads from a place of the file, waiting for bytes that are still to come.</summary>
    /// <returns>0 at the end of the block or of the whole file.</returns>
    private async ValueTask<int> ReadAsync(long at, Func<long?> end, Memory<byte> buffer, CancellationToken ct)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                long limit = Math.Min(end() ?? long.MaxValue, _written);
                if (limit > at)
                {
                    buffer = buffer[..(int)Math.Min(buffer.Length, limit - at)];
                    break;
                }

                if (end() == at || _isWhole) return 0;
                more = NextAsync();
            }

            await more.WaitAsync(ct).ConfigureAwait(false);
        }

        return await RandomAccess.ReadAsync(_file, buffer, at, ct).ConfigureAwait(false);
    }

    /// <summary>Table of contents and some pieces, each with the head and the end of a block.</summary>
    private sealed class Extract(ArchiveSpool spool, IReadOnlyList<BlockPiece> pieces) : ReadOnlyStream
    {
        private static readonly int s_blockHead = 1 + Zero.Length;
        private int _piece = -1;
        private Step _step = Step.End;
        private long _at;

        private enum Step
        {
            Head,
            Rows,
            End,
        }

        /// <summary>The length of the chunk that ends a block, as an integer of the format: its sign and four bytes.</summary>
        private static ReadOnlySpan<byte> Zero => [0, 0, 0, 0, 0];

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (_piece < pieces.Count)
            {
                int count = _piece >= 0 && _step == Step.End ? Close(buffer.Span) : await spool.ReadAsync(_at, Limit, buffer, cancellationToken).ConfigureAwait(false);
                _at += count;
                if (count > 0) return count;
                Next();
            }

            return 0;
        }

        private void Next()
        {
            if (_step != Step.End) (_step, _at) = _step == Step.Head ? (Step.Rows, pieces[_piece].Start) : (Step.End, 0);
            else if (++_piece < pieces.Count) (_step, _at) = (Step.Head, pieces[_piece].Block.Start);
        }

        private long? Limit() => (_piece, _step) switch
        {
            (< 0, _) => spool._reader.HeadLength,
            (_, Step.Head) => pieces[_piece].Block.Start + (pieces[_piece].Index == 0 ? 0 : s_blockHead),
            _ => pieces[_piece].End,
        };

        /// <summary>Ends a piece that does not end with its block.</summary>
        private int Close(Span<byte> buffer)
        {
            lock (spool._gate)
                if (!pieces[_piece].IsCut) return 0;
            ReadOnlySpan<byte> rest = Zero[(int)_at..];
            int count = Math.Min(rest.Length, buffer.Length);
            rest[..count].CopyTo(buffer);
            return count;
        }
    }
}

/// <summary>A piece of work of a session: blocks of data, or entries without any.</summary>
/// <param name="Pieces">Data, not two pieces of one table.</param>
/// <param name="Entries">Ids.</param>
internal sealed record SpoolWork(IReadOnlyList<BlockPiece> Pieces, IReadOnlyList<int> Entries);

/// <summary>A stretch of a block, between two of its cuts.</summary>
/// <param name="Block">The block.</param>
/// <param name="Index">Which stretch: 0 begins with the block.</param>
/// <param name="Start">Where it begins in the archive, bytes.</param>
internal sealed record BlockPiece(DumpBlock Block, int Index, long Start)
{
    /// <summary>True when a cut ends it, false when its block does, or when that is not known.</summary>
    public bool IsCut => Index < Block.Cuts.Count;

    /// <summary>Behind its last byte; null while that is not known.</summary>
    public long? End => IsCut ? Block.Cuts[Index] : Block.End;
}
