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

    private const long Reserve = 64L * 1024 * 1024;
    private const int PieceSize = 1024 * 1024;

    /// <summary>What was read is given back in pieces of this size.</summary>
    private const long Spent = 8L * 1024 * 1024;

    private readonly TempFolder _folder;
    private readonly SafeFileHandle _file;
    private readonly DumpArchiveReader _reader = new();
    private readonly List<DumpBlock> _waiting = [];
    private readonly Queue<IReadOnlyList<int>> _ready = [];
    private readonly object _gate = new();
    private TaskCompletionSource _more = NewSignal();
    private Exception? _failure;
    private bool _isWhole;
    private long _written;
    private int _known;
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
                    for (; _known < _reader.Blocks.Count; _known++) _waiting.Add(_reader.Blocks[_known]);
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
    /// Takes what is to be restored next: the largest table that has begun to arrive, or several small ones, else what <see cref="Loaded"/> made possible; null when
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

    /// <summary>Blocks that were taken are restored.</summary>
    /// <param name="possible">Ids of entries that can be restored from now on, in pieces of work.</param>
    public void Loaded(IEnumerable<IReadOnlyList<int>> possible) => Tell(() =>
    {
        foreach (IReadOnlyList<int> entries in possible) _ready.Enqueue(entries);
        _loading--;
    });

    /// <summary>
    /// An archive of the table of contents and these blocks; it follows a block that has not arrived as a whole. What was read of a block is gone from the file:
    /// nobody needs it again, and the disk, which the server writes to at the same time, never sees most of it.
    /// </summary>
    public Stream Open(IReadOnlyList<DumpBlock> blocks) => new Extract(this, blocks);

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

    private long SizeOf(DumpBlock block) => (block.End ?? _written) - block.Start;

    private List<DumpBlock> Choose()
    {
        DumpBlock largest = _waiting.MaxBy(SizeOf)!;
        if (SizeOf(largest) >= Batch || largest.End is null)
        {
            _waiting.Remove(largest);
            return [largest];
        }

        long size = 0;
        int count = _waiting.TakeWhile(b => b.End is not null && (size += SizeOf(b)) <= Batch).Count();
        List<DumpBlock> batch = _waiting.GetRange(0, count);
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

    /// <summary>Table of contents and some blocks.</summary>
    private sealed class Extract(ArchiveSpool spool, IReadOnlyList<DumpBlock> blocks) : ReadOnlyStream
    {
        private int _part = -1;
        private long _at, _spent;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (_part < blocks.Count)
            {
                int count = await spool.ReadAsync(_at, () => _part < 0 ? spool._reader.HeadLength : blocks[_part].End, buffer, cancellationToken).ConfigureAwait(false);
                _at += count;
                if (_part >= 0 && (_at - _spent >= Spent || count == 0)) GiveBack();
                if (count > 0) return count;
                if (++_part < blocks.Count) _at = _spent = blocks[_part].Start;
            }

            return 0;
        }

        private void GiveBack()
        {
            if (_at > _spent) Posix.PunchHole(spool._file, _spent, _at - _spent);
            _spent = _at;
        }
    }
}

/// <summary>A piece of work of a session: blocks of data, or entries without any.</summary>
/// <param name="Blocks">Blocks.</param>
/// <param name="Entries">Ids.</param>
internal sealed record SpoolWork(IReadOnlyList<DumpBlock> Blocks, IReadOnlyList<int> Entries);
