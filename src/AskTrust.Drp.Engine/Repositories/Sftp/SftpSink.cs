using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Sftp;

/// <summary>Writes one object under a temporary name, with several requests under way; completing makes it durable and gives it its name.</summary>
internal sealed class SftpSink(SftpRepository repository, SftpClient client, string key, string path, string temporary, ReadOnlyMemory<byte> handle) : ISink
{
    // What every server takes; with this many under way 2 MiB are in flight.
    private const int PieceSize = 32 * 1024;
    private const int Ahead = 64;
    private static readonly TimeSpan s_cleanup = TimeSpan.FromSeconds(15);
    private readonly Queue<Task<SftpReply>> _asked = new();
    private long _length;
    private bool _closed;
    private bool _published;

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct) => await CallAsync(async () =>
    {
        ct.ThrowIfCancellationRequested();
        for (; !bytes.IsEmpty; bytes = bytes[Math.Min(PieceSize, bytes.Length)..])
        {
            if (_asked.Count >= Ahead) await SettleOneAsync(ct).ConfigureAwait(false);
            ReadOnlyMemory<byte> piece = bytes[..Math.Min(PieceSize, bytes.Length)];
            _asked.Enqueue(await client.SendWriteAsync(handle, _length, piece, ct).ConfigureAwait(false));
            _length += piece.Length;
        }
    }).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken ct)
    {
        await CallAsync(async () =>
        {
            ct.ThrowIfCancellationRequested();
            while (_asked.Count > 0) await SettleOneAsync(ct).ConfigureAwait(false);
            if (await client.SyncAsync(handle, ct).ConfigureAwait(false) is { IsOk: false } refused) throw await FailureAsync(refused, ct).ConfigureAwait(false);
            SftpReply closed = await client.CloseAsync(handle, ct).ConfigureAwait(false);
            _closed = true;
            if (!closed.IsOk) throw await FailureAsync(closed, ct).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
        }).ConfigureAwait(false);
        try
        {
            // From here on there is no way back: what becomes visible must not be reported as cancelled.
            await PublishAsync().ConfigureAwait(false);
        }
        catch (IOException e)
        {
            if (!await IsPublishedAfterAllAsync().ConfigureAwait(false)) throw repository.Translate(e, RepositoryAction.Write, key) ?? (Exception)e;
        }

        _published = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_published) return;
        using var brief = new CancellationTokenSource(s_cleanup);
        try
        {
            while (_asked.TryDequeue(out Task<SftpReply>? answer)) await client.WaitAsync(answer, brief.Token).ConfigureAwait(false);
            if (!_closed) await client.CloseAsync(handle, brief.Token).ConfigureAwait(false);
            await client.RemoveAsync(temporary, brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The connection is gone: the temporary file stays, invisible, until the sweep.
            while (_asked.TryDequeue(out Task<SftpReply>? answer)) _ = answer.ContinueWith(t => t.Exception, TaskScheduler.Default);
        }
    }

    private async Task CallAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (repository.Translate(e, RepositoryAction.Write, key) is { } ours)
        {
            throw ours;
        }
    }

    private async Task SettleOneAsync(CancellationToken ct)
    {
        SftpReply reply = await client.WaitAsync(_asked.Peek(), ct).ConfigureAwait(false);
        _ = _asked.Dequeue();
        if (!reply.IsOk) throw await FailureAsync(reply, ct).ConfigureAwait(false);
    }

    /// <summary>The protocol has no number for “disk full”: a look at the free space tells.</summary>
    private async Task<DrpException> FailureAsync(SftpReply reply, CancellationToken ct)
    {
        DrpException refused = client.Refused(reply, RepositoryAction.Write, key);
        if (reply.Status != SftpStatus.Failure) return refused;
        long? free = await client.FreeSpaceAsync(path[..path.LastIndexOf('/')], ct).ConfigureAwait(false);
        return free < PieceSize * Ahead ? RepositoryErrors.NoSpace(repository.Name, key, refused) : refused;
    }

    private async Task PublishAsync()
    {
        CancellationToken none = CancellationToken.None;
        if (client.CanLink)
        {
            SftpReply linked = await client.LinkAsync(temporary, path, none).ConfigureAwait(false);
            if (linked.IsOk)
            {
                await client.RemoveAsync(temporary, none).ConfigureAwait(false);
                return;
            }
        }

        // The name is taken, or the file system behind the server knows no links.
        if (await client.StatAsync(path, none).ConfigureAwait(false) is not null) throw new ObjectExistsException(repository.Name, key);
        SftpReply renamed = await client.RenameAsync(temporary, path, none).ConfigureAwait(false);
        if (renamed.IsOk) return;
        if (await client.StatAsync(path, none).ConfigureAwait(false) is not null) throw new ObjectExistsException(repository.Name, key);
        throw client.Refused(renamed, RepositoryAction.Write, key);
    }

    /// <summary>The connection broke while the name was given: a new one tells whether it was.</summary>
    private async Task<bool> IsPublishedAfterAllAsync()
    {
        using var brief = new CancellationTokenSource(s_cleanup);
        try
        {
            return await repository.CallAsync(RepositoryAction.Write, key, async other =>
            {
                bool pending = await other.StatAsync(temporary, brief.Token).ConfigureAwait(false) is not null;
                SftpAttributes? found = await other.StatAsync(path, brief.Token).ConfigureAwait(false);
                return !pending && found?.Size == _length;
            }, brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            return false;
        }
    }
}
