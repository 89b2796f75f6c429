using System.Buffers.Binary;
using System.Collections.Concurrent;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Sftp;

/// <summary>
/// One <c>ssh -s HOST sftp</c> and the conversation with the subsystem behind it. Many requests may be under way at once; the
/// answers find their askers by number. Once broken it stays so: every request then throws <see cref="IOException"/>.
/// </summary>
internal sealed class SftpConnection : IAsyncDisposable
{
    private const int LargestPacket = 1 << 20;
    private static readonly TimeSpan s_greeting = TimeSpan.FromSeconds(45);
    private readonly IRunningProcess _ssh;
    private readonly TimeSpan _idle;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<SftpReply>> _waiting = new();
    private readonly Task _reading;
    private readonly TaskCompletionSource<IReadOnlySet<string>> _extensions = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IOException? _broken;
    private uint _lastId;

    private SftpConnection(IRunningProcess ssh, TimeSpan idle)
    {
        (_ssh, _idle) = (ssh, idle);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>True as long as requests can be made.</summary>
    public bool IsUsable => _broken is null;

    /// <summary>Extensions that the server offers.</summary>
    public IReadOnlySet<string> Extensions => _extensions.Task.Result;

    /// <summary>What ssh said.</summary>
    public string Errors => _ssh.Errors;

    /// <summary>Connects and greets.</summary>
    /// <exception cref="SshFailedException">It did not come about; holds what ssh said.</exception>
    public static async Task<SftpConnection> OpenAsync(IProcessRunner processes, Command ssh, TimeSpan idle, CancellationToken ct)
    {
        var connection = new SftpConnection(processes.Start(ssh), idle);
        try
        {
            // INIT has the version where others have a number: the two look alike on the wire.
            await connection.SendAsync(new SftpWriter(SftpType.Init, 3).Finish(), ct).ConfigureAwait(false);
            await connection._extensions.Task.WaitAsync(s_greeting, ct).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            await connection.WaitForLastWordsAsync().ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            throw new SshFailedException(connection.Errors, e);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends a request; the answer comes with the task inside, so that several can be under way.</summary>
    public async Task<Task<SftpReply>> SendAsync(SftpType type, Action<SftpWriter> fill, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        uint id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<SftpReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        var writer = new SftpWriter(type, id);
        fill(writer);
        try
        {
            await SendAsync(writer.Finish(), ct).ConfigureAwait(false);
        }
        catch
        {
            _waiting.TryRemove(id, out _);
            throw;
        }

        // Broken in between: nobody would ever answer.
        if (_broken is { } broken) answer.TrySetException(broken);
        return answer.Task;
    }

    /// <summary>Sends a request and waits for the answer.</summary>
    public async Task<SftpReply> AskAsync(SftpType type, Action<SftpWriter> fill, CancellationToken ct)
        => await WaitAsync(await SendAsync(type, fill, ct).ConfigureAwait(false), ct).ConfigureAwait(false);

    /// <summary>Waits for an answer, but not for ever: a connection that is silent too long is given up.</summary>
    public async Task<SftpReply> WaitAsync(Task<SftpReply> answer, CancellationToken ct)
    {
        try
        {
            return await answer.WaitAsync(_idle, ct).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            Break(new IOException("SFTP: no answer", e));
            throw _broken!;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Break(new IOException("SFTP: closed"));
        await _ssh.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _writing.Dispose();
    }

    private async Task SendAsync(ReadOnlyMemory<byte> packet, CancellationToken ct)
    {
        if (_broken is { } before) throw before;
        if (!await _writing.WaitAsync(_idle, ct).ConfigureAwait(false)) throw new IOException("SFTP: the server takes nothing");
        try
        {
            // Half a packet would garble the conversation for everybody: only the wait for the turn can be cancelled.
            await _ssh.Input.WriteAsync(packet, CancellationToken.None).AsTask().WaitAsync(_idle, CancellationToken.None).ConfigureAwait(false);
            await _ssh.Input.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or TimeoutException or ObjectDisposedException)
        {
            Break(e as IOException ?? new IOException("SFTP: the server takes nothing", e));
            throw _broken!;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        byte[] head = new byte[4];
        try
        {
            while (true)
            {
                await _ssh.Output.ReadExactlyAsync(head).ConfigureAwait(false);
                uint length = BinaryPrimitives.ReadUInt32BigEndian(head);
                // Greetings of a login script end up here too: “Welc” is a packet of 1.4 GB.
                if (length is < 5 or > LargestPacket) throw new IOException("SFTP: the server does not speak SFTP (does a login script print something?)");
                byte[] packet = new byte[length];
                await _ssh.Output.ReadExactlyAsync(packet).ConfigureAwait(false);
                Deliver(new SftpReader(packet));
            }
        }
        catch (Exception e) when (e is EndOfStreamException or ObjectDisposedException)
        {
            // Not to be taken for the end of an object.
            Break(new IOException("SFTP: the connection has ended", e));
        }
        catch (IOException e)
        {
            Break(e);
        }
    }

    private void Deliver(SftpReader packet)
    {
        var type = (SftpType)packet.Byte();
        uint id = packet.UInt();
        if (type == SftpType.Version)
        {
            var extensions = new HashSet<string>(StringComparer.Ordinal);
            while (!packet.IsAtEnd)
            {
                extensions.Add(packet.String());
                packet.Bytes();
            }

            _extensions.TrySetResult(extensions);
            return;
        }

        if (_waiting.TryRemove(id, out var asker)) asker.TrySetResult(SftpReply.Parse(type, packet));
    }

    private void Break(IOException reason)
    {
        _broken ??= reason;
        _extensions.TrySetException(reason);
        // Looked at by nobody when the greeting went well or the opening was cancelled.
        _ = _extensions.Task.Exception;
        foreach (uint id in _waiting.Keys)
        {
            if (!_waiting.TryRemove(id, out var asker)) continue;
            asker.TrySetException(reason);
            _ = asker.Task.Exception;
        }
    }

    /// <summary>ssh says why on standard error, and ends: that may come a moment after its output has closed.</summary>
    private async Task WaitForLastWordsAsync()
    {
        using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        try
        {
            await _ssh.WaitAsync(brief.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
    }
}

/// <summary>An answer of the server.</summary>
internal sealed record SftpReply(SftpType Type, SftpStatus Status, string Message, ReadOnlyMemory<byte> Data, SftpReader Rest)
{
    /// <summary>True unless the server refused.</summary>
    public bool IsOk => Status == SftpStatus.Ok;

    public static SftpReply Parse(SftpType type, SftpReader packet) => type switch
    {
        SftpType.Status => new SftpReply(type, (SftpStatus)packet.UInt(), packet.IsAtEnd ? "" : packet.String(), default, packet),
        SftpType.Handle or SftpType.Data => new SftpReply(type, SftpStatus.Ok, "", packet.Bytes(), packet),
        _ => new SftpReply(type, SftpStatus.Ok, "", default, packet),
    };
}

/// <summary>ssh did not get through.</summary>
internal sealed class SshFailedException(string errors, Exception cause) : IOException(errors.Trim(), cause);
