using Microsoft.Win32.SafeHandles;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Brings files to the content of a stream by writing only the pages that differ. The old bytes are read while the new ones are fetched, decrypted and
/// unpacked; both pieces are compared, so no checksum has to be trusted. One at a time; memory for two pieces.
/// </summary>
internal sealed class DeltaFile
{
    private const int Piece = 1024 * 1024;
    private const int Page = 8192;
    private readonly byte[] _new = new byte[Piece];
    private readonly byte[] _old = new byte[Piece];

    /// <summary>Bytes that were there already.</summary>
    public long Kept { get; private set; }

    /// <summary>Bytes written.</summary>
    public long Written { get; private set; }

    /// <summary>True when anything was changed.</summary>
    public bool Touched { get; private set; }

    /// <summary>Something else is about to be changed.</summary>
    public void Touch() => Touched = true;

    /// <summary>Brings one file to the content of a stream.</summary>
    /// <param name="file">The file, for reading and writing.</param>
    /// <param name="data">The bytes it shall have; null = none.</param>
    /// <param name="length">How many they are.</param>
    /// <param name="took">Told the bytes of each piece.</param>
    /// <param name="ct">Cancels.</param>
    public async Task WriteAsync(SafeFileHandle file, Stream? data, long length, Action<int> took, CancellationToken ct)
    {
        long there = RandomAccess.GetLength(file), at = 0;
        while (data is not null && at < length)
        {
            int wanted = (int)Math.Min(Piece, length - at), known;
            long position = at;
            Task<int> reading = at < there ? Task.Run(() => Read(file, wanted, position), CancellationToken.None) : Task.FromResult(0);
            int count;
            try
            {
                count = await data.ReadAtLeastAsync(_new.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, ct).ConfigureAwait(false);
            }
            finally
            {
                known = await reading.ConfigureAwait(false);
            }

            if (count == 0) break;
            Write(file, at, count, known);
            at += count;
            took(count);
        }

        if (RandomAccess.GetLength(file) == at) return;
        Touched = true;
        RandomAccess.SetLength(file, at);
    }

    private int Read(SafeFileHandle file, int wanted, long at)
    {
        int count = 0;
        while (count < wanted && RandomAccess.Read(file, _old.AsSpan(count, wanted - count), at + count) is > 0 and int more) count += more;
        return count;
    }

    private void Write(SafeFileHandle file, long at, int count, int known)
    {
        int begin = 0, next = 0;
        for (; next < count; next += Page)
        {
            int size = Math.Min(Page, count - next);
            if (next + size > known || !_new.AsSpan(next, size).SequenceEqual(_old.AsSpan(next, size))) continue;
            Kept += size;
            Flush(file, at, begin, next);
            begin = next + size;
        }

        Flush(file, at, begin, count);
    }

    private void Flush(SafeFileHandle file, long at, int begin, int end)
    {
        if (end <= begin) return;
        Touched = true;
        RandomAccess.Write(file, _new.AsSpan(begin, end - begin), at + begin);
        Written += end - begin;
    }
}
