using System.Formats.Tar;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Writes files as an archive into the standard input of a program that unpacks them as they come. One writer at a time.
/// </summary>
/// <param name="pipe">The program's standard input.</param>
/// <param name="owner">Numbers of the user and group that the files get.</param>
internal sealed class TarPipe(Stream pipe, (int User, int Group) owner) : IAsyncDisposable
{
    /// <summary>What <c>tar</c> reads at once: it does not look at what it has before it has so much.</summary>
    private const int Record = 10240;

    private const int Block = 512;
    private readonly CountingStream _counted = new(pipe);
    private TarWriter? _writer;

    private TarWriter Writer => _writer ??= new TarWriter(_counted, TarEntryFormat.Gnu, leaveOpen: true);

    /// <summary>A folder.</summary>
    public Task FolderAsync(string name, UnixFileMode mode, CancellationToken ct) => WriteAsync(new GnuTarEntry(TarEntryType.Directory, name + "/") { Mode = mode }, ct);

    /// <summary>A file.</summary>
    public Task FileAsync(string name, UnixFileMode mode, Stream data, CancellationToken ct) => WriteAsync(new GnuTarEntry(TarEntryType.RegularFile, name) { Mode = mode, DataStream = data }, ct);

    /// <summary>A symbolic link.</summary>
    public Task LinkAsync(string name, string target, CancellationToken ct) => WriteAsync(new GnuTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target }, ct);

    /// <summary>Sees to it that all that was written so far is unpacked now: fills the record up with a file of that name.</summary>
    public async Task FlushAsync(string padding, CancellationToken ct)
    {
        int missing = (int)(Record - (_counted.Count % Record));
        if (missing != Record) await FileAsync(padding, UnixFileMode.UserRead, new MemoryStream(new byte[missing - Block]), ct).ConfigureAwait(false);
        await pipe.FlushAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Ends the archive.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_writer is not null) await _writer.DisposeAsync().ConfigureAwait(false);
        _writer = null;
    }

    private Task WriteAsync(GnuTarEntry entry, CancellationToken ct)
    {
        (entry.Uid, entry.Gid) = owner;
        return Writer.WriteEntryAsync(entry, ct);
    }

    private sealed class CountingStream(Stream inner) : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            Count += buffer.Length;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count)
        {
            inner.Write(buffer, offset, count);
            Count += count;
        }

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
