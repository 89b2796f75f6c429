using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AskTrust.Drp.TestBed;

/// <summary>A request as the proxy saw it.</summary>
/// <param name="Method">Method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">Headers; names in lower case.</param>
public sealed record ProxyRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Bytes of the body.</summary>
    public long Length => Headers.TryGetValue("content-length", out string? text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
}

/// <summary>What the proxy does to a request.</summary>
public abstract record ProxyFault
{
    /// <summary>Nothing: it passes.</summary>
    public sealed record Pass : ProxyFault;

    /// <summary>Answers itself, in the way of S3.</summary>
    public sealed record Answer(int Status, string Code) : ProxyFault;

    /// <summary>Cuts the connection after so many bytes of the request's body.</summary>
    public sealed record CutRequest(long After) : ProxyFault;

    /// <summary>Cuts the connection after so many bytes of the answer.</summary>
    public sealed record CutAnswer(long After) : ProxyFault;

    /// <summary>Turns a bit around in the request's body.</summary>
    public sealed record FlipBit : ProxyFault;

    /// <summary>Lets the server do it, and loses the answer.</summary>
    public sealed record LoseAnswer : ProxyFault;

    /// <summary>Takes the request and never answers.</summary>
    public sealed record Hang : ProxyFault;

    /// <summary>Passes so many bytes of the answer and then nothing more, without closing.</summary>
    public sealed record Stall(long After) : ProxyFault;
}

/// <summary>A proxy in front of an HTTP server, one request for each connection, that does to them what bad networks and busy servers do.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<ProxyRequest> _requests = new();
    private readonly Task _accepting;

    private FaultProxy(int target)
    {
        _target = target;
        Port = FreePort.Take();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Its port.</summary>
    public int Port { get; }

    /// <summary>Its URL.</summary>
    public string Endpoint => $"http://127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Decides; null = everything passes.</summary>
    public Func<ProxyRequest, ProxyFault?>? Decide { get; set; }

    /// <summary>Every request so far.</summary>
    public IReadOnlyList<ProxyRequest> Requests => [.. _requests];

    /// <summary>Puts one in front of a port of the loopback.</summary>
    public static FaultProxy Before(int port) => new(port);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await ServeAsync(client, client.GetStream());
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One side went away: so does the other.
            }
        }
    }

    private async Task ServeAsync(TcpClient client, NetworkStream near)
    {
        var (request, head, rest) = await ReadHeadAsync(near);
        _requests.Enqueue(request);
        ProxyFault fault = Decide?.Invoke(request) ?? new ProxyFault.Pass();
        if (fault is ProxyFault.Hang) await Task.Delay(Timeout.Infinite, _stop.Token);
        if (fault is ProxyFault.Answer answer)
        {
            await AnswerAsync(near, request, rest.Length, answer);
            return;
        }

        using var server = new TcpClient { NoDelay = true };
        await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
        NetworkStream far = server.GetStream();
        await far.WriteAsync(head, _stop.Token);
        long cut = fault is ProxyFault.CutRequest c ? c.After : long.MaxValue;
        if (fault is ProxyFault.FlipBit && rest.Length > 0) rest[0] ^= 1;
        await far.WriteAsync(rest.AsMemory(0, (int)Math.Min(rest.Length, cut)), _stop.Token);
        Task sending = CopyAsync(near, far, cut - rest.Length, flip: fault is ProxyFault.FlipBit && rest.Length == 0);
        if (fault is ProxyFault.CutRequest)
        {
            await sending;
            Reset(client);
            return;
        }

        switch (fault)
        {
            case ProxyFault.CutAnswer a:
                await CopyAsync(far, near, a.After);
                Reset(client, orderly: true);
                break;
            case ProxyFault.Stall s:
                await CopyAsync(far, near, s.After);
                await Task.Delay(Timeout.Infinite, _stop.Token);
                break;
            case ProxyFault.LoseAnswer:
                await CopyAsync(far, Stream.Null, long.MaxValue);
                Reset(client);
                break;
            default:
                await CopyAsync(far, near, long.MaxValue);
                await LingerAsync(client, near);
                break;
        }
    }

    /// <summary>An answer that came before the whole request was sent must not be lost by a reset: take the rest, for a moment.</summary>
    private static async Task LingerAsync(TcpClient client, NetworkStream near)
    {
        client.Client.Shutdown(SocketShutdown.Send);
        using var moment = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        byte[] rest = new byte[64 * 1024];
        while (await near.ReadAsync(rest, moment.Token) > 0)
        {
        }
    }

    /// <summary>Ends the connection: a reset, or as a server does that stops in the middle.</summary>
    private static void Reset(TcpClient client, bool orderly = false)
    {
        if (!orderly) client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Close();
    }

    private async Task AnswerAsync(NetworkStream near, ProxyRequest request, long received, ProxyFault.Answer answer)
    {
        // Taking the body first: closing with unread bytes would reset the connection and lose the answer.
        if (request.Headers.ContainsKey("expect")) await near.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _stop.Token);
        await CopyAsync(near, Stream.Null, request.Length - received);
        string body = request.Method == "HEAD" ? "" : $"<?xml version=\"1.0\"?><Error><Code>{answer.Code}</Code><Message></Message></Error>";
        string text = $"HTTP/1.1 {answer.Status} Fault\r\nContent-Type: application/xml\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";
        await near.WriteAsync(Encoding.ASCII.GetBytes(text), _stop.Token);
    }

    private async Task CopyAsync(Stream from, Stream to, long most, bool flip = false)
    {
        byte[] buffer = new byte[64 * 1024];
        while (most > 0)
        {
            int got = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, most)), _stop.Token);
            if (got == 0) return;
            if (flip) buffer[0] ^= 1;
            flip = false;
            await to.WriteAsync(buffer.AsMemory(0, got), _stop.Token);
            most -= got;
        }
    }

    private async Task<(ProxyRequest Request, byte[] Head, byte[] Early)> ReadHeadAsync(NetworkStream near)
    {
        var received = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        int end;
        while ((end = received.GetBuffer().AsSpan(0, (int)received.Length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            int got = await near.ReadAsync(buffer, _stop.Token);
            if (got == 0) throw new IOException("No request came.");
            received.Write(buffer, 0, got);
        }

        byte[] all = received.ToArray();
        string[] lines = Encoding.Latin1.GetString(all, 0, end).Split("\r\n");
        string[] first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(l => l.Split(':', 2)).GroupBy(p => p[0].ToLowerInvariant(), StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.First()[1].Trim(), StringComparer.Ordinal);
        // The answer then ends with the connection, and the next request comes on a new one.
        var kept = lines.Where(l => !l.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase));
        byte[] head = Encoding.Latin1.GetBytes(string.Join("\r\n", kept) + "\r\nConnection: close\r\n\r\n");
        return (new ProxyRequest(first[0], first[1], headers), head, all[(end + 4)..]);
    }
}
