using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Sftp;

/// <summary>Reads a file with several requests under way, so that the distance to the server costs little.</summary>
internal sealed class SftpReadStream(SftpClient client, ReadOnlyMemory<byte> handle, long offset, long length, string key) : ReadOnlyStream
{
    private const int PieceSize = 32 * 1024;
    private const int Ahead = 32;
    private readonly LinkedList<(long Offset, int Count, Task<SftpReply> Answer)> _asked = new();
    private readonly long _end = offset + length;
    private long _next = offset;
    private ReadOnlyMemory<byte> _piece;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_piece.IsEmpty && !await FetchAsync(cancellationToken).ConfigureAwait(false)) return 0;
        int count = Math.Min(buffer.Length, _piece.Length);
        _piece[..count].CopyTo(buffer);
        _piece = _piece[count..];
        return count;
    }

    /// <inheritdoc/>
    protected override async ValueTask ReleaseAsync()
    {
        using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            foreach (var (_, _, answer) in _asked) _ = answer.ContinueWith(t => t.Exception, TaskScheduler.Default);
            await client.CloseAsync(handle, brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The server closes what a broken connection had open.
        }
    }

    private async Task<bool> FetchAsync(CancellationToken ct)
    {
        while (_asked.Count < Ahead && _next < _end)
        {
            int count = (int)Math.Min(PieceSize, _end - _next);
            _asked.AddLast((_next, count, await client.SendReadAsync(handle, _next, count, ct).ConfigureAwait(false)));
            _next += count;
        }

        if (_asked.First is not { } first) return false;
        var (at, wanted, answer) = first.Value;
        SftpReply reply = await client.WaitAsync(answer, ct).ConfigureAwait(false);
        _asked.RemoveFirst();
        if (reply.Status == SftpStatus.EndOfFile) return false;
        if (reply.Type != SftpType.Data || reply.Data.Length == 0) throw client.Refused(reply, RepositoryAction.Read, key);
        _piece = reply.Data;
        // The server may give less than was asked for: the rest comes first then.
        int missing = wanted - reply.Data.Length;
        if (missing > 0)
            _asked.AddFirst((at + reply.Data.Length, missing, await client.SendReadAsync(handle, at + reply.Data.Length, missing, ct).ConfigureAwait(false)));
        return true;
    }
}
