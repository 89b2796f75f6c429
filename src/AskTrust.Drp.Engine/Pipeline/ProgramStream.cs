using System.Buffers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>
/// What a program makes of a stream. The end of the stream is shown only when the program ended well and the source was
/// read to its own end without an error, so that a digest checked there counts too.
/// </summary>
internal sealed class ProgramStream : ReadOnlyStream
{
    private const int BufferSize = 512 * 1024;
    private const int Piece = 128 * 1024;

    /// <summary>How long a failure that may have damage as its cause waits for the source's own verdict.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly IRunningProcess _process;
    private readonly Stream _source;
    private readonly Func<int, DrpException?> _judge;
    private readonly TimeProvider _clock;
    private readonly IAsyncDisposable? _owned;
    private readonly CancellationTokenSource _abort = new();
    private readonly Task _feeder;
    private volatile bool _sourceFailed;
    private bool _ended;

    /// <param name="process">The program, started; owned.</param>
    /// <param name="source">Its input; owned.</param>
    /// <param name="judge">Turns an exit code into an error, or null when all is well.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="owned">Disposed at the end.</param>
    public ProgramStream(IRunningProcess process, Stream source, Func<int, DrpException?> judge, TimeProvider clock, IAsyncDisposable? owned = null)
    {
        (_process, _source, _judge, _clock, _owned) = (process, source, judge, clock, owned);
        _feeder = Task.Run(FeedAsync, CancellationToken.None);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended || buffer.IsEmpty) return 0;
        int count = await TryReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count > 0) return count;
        await EndAsync(cancellationToken).ConfigureAwait(false);
        _ended = true;
        return 0;
    }

    /// <inheritdoc/>
    protected override async ValueTask ReleaseAsync()
    {
        await _abort.CancelAsync().ConfigureAwait(false);
        await _process.DisposeAsync().ConfigureAwait(false);
        await _feeder.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _abort.Dispose();
        if (_owned is not null) await _owned.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<int> TryReadAsync(Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            return await _process.Output.ReadPieceAsync(buffer, Piece, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (Pipes.IsBroken(e, ct))
        {
            // The feeder closed it because the source failed: the end below tells why.
            return 0;
        }
    }

    private async Task EndAsync(CancellationToken ct)
    {
        // A source that failed made us kill the program: its error is the one that counts.
        if (_sourceFailed) await _feeder.WaitAsync(ct).ConfigureAwait(false);
        int code = await _process.WaitAsync(ct).ConfigureAwait(false);
        if (_sourceFailed) await _feeder.WaitAsync(ct).ConfigureAwait(false);
        if (_judge(code) is not { } error)
        {
            await _feeder.WaitAsync(ct).ConfigureAwait(false);
            return;
        }

        await Task.WhenAny(_feeder, Task.Delay(s_patience, _clock, ct)).ConfigureAwait(false);
        ct.ThrowIfCancellationRequested();
        if (_feeder.IsFaulted) await _feeder.ConfigureAwait(false);
        throw error;
    }

    private async Task FeedAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        bool reads = true;
        try
        {
            while (await _source.ReadAsync(buffer, _abort.Token).ConfigureAwait(false) is > 0 and int count)
            {
                // A program that has enough stops reading; the rest of the source still passes through its digest.
                if (reads) reads = await TryWriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            }

            await CloseInputAsync().ConfigureAwait(false);
        }
        catch
        {
            _sourceFailed = true;
            // Not a clean end of input: the program must not take the first part for the whole.
            await _process.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<bool> TryWriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _process.Input.WriteAsync(bytes, _abort.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (Pipes.IsBroken(e, _abort.Token))
        {
            return false;
        }
    }

    private async Task CloseInputAsync()
    {
        try
        {
            await _process.Input.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (Pipes.IsBroken(e, _abort.Token))
        {
            // It has gone; its exit code tells.
        }
    }
}
