using System.Buffers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>Sends bytes through a program (gpg, gzip) and what it makes of them to the next sink.</summary>
internal sealed class ProgramSink : ISink
{
    private const int BufferSize = 512 * 1024;
    private const int Piece = 128 * 1024;
    private readonly IRunningProcess _process;
    private readonly ISink _next;
    private readonly Func<int, DrpException?> _judge;
    private readonly IAsyncDisposable? _owned;
    private readonly CancellationTokenSource _abort = new();
    private readonly Task _pump;
    private bool _disposed;

    /// <param name="process">The program, started; owned.</param>
    /// <param name="next">Takes its output; owned.</param>
    /// <param name="judge">Turns an exit code into an error, or null when all is well.</param>
    /// <param name="owned">Disposed at the end.</param>
    public ProgramSink(IRunningProcess process, ISink next, Func<int, DrpException?> judge, IAsyncDisposable? owned = null)
    {
        (_process, _next, _judge, _owned) = (process, next, judge, owned);
        _pump = Task.Run(PumpAsync, CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await _process.Input.WriteAsync(bytes, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (Pipes.IsBroken(e, ct))
        {
            // It has gone: because the next sink failed, or by itself with an exit code that says why.
            await EndAsync(ct).ConfigureAwait(false);
            throw new DrpException(DrpError.Failed, Text.Of(PipelineTexts.ProgramLeft, e.Message), e);
        }
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken ct)
    {
        try
        {
            await _process.Input.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (Pipes.IsBroken(e, ct))
        {
            // Nothing is buffered on our side: the exit code tells.
        }

        await EndAsync(ct).ConfigureAwait(false);
        await _next.CompleteAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await _abort.CancelAsync().ConfigureAwait(false);
        await _process.DisposeAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _abort.Dispose();
        if (_owned is not null) await _owned.DisposeAsync().ConfigureAwait(false);
        await _next.DisposeAsync().ConfigureAwait(false);
    }

    private async Task EndAsync(CancellationToken ct)
    {
        await _pump.WaitAsync(ct).ConfigureAwait(false);
        if (_judge(await _process.WaitAsync(ct).ConfigureAwait(false)) is { } error) throw error;
    }

    private async Task PumpAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await _process.Output.ReadPieceAsync(buffer, Piece, _abort.Token).ConfigureAwait(false) is > 0 and int count)
                await _next.WriteAsync(buffer.AsMemory(0, count), _abort.Token).ConfigureAwait(false);
        }
        catch
        {
            // Whoever writes to the program must not wait for ever: it goes, its input breaks, the writer comes and asks why.
            await _process.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
