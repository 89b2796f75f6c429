using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace AskTrust.Drp.TestBed;

/// <summary>Answers HTTP, with TLS when it has a certificate: <c>/503</c> with that status, <c>/hang</c> never, everything else with 200 and its text.</summary>
public sealed class PageServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2? _certificate;
    private readonly string _text;
    private readonly Task _serving;

    /// <summary>Starts.</summary>
    public PageServer(string text, X509Certificate2? certificate = null)
    {
        (_text, _certificate) = (text, certificate);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _serving = ServeAsync();
    }

    /// <summary>Port on the loopback.</summary>
    public int Port { get; }

    /// <summary>Address of a page.</summary>
    public string Url(string path = "/") => $"{(_certificate is null ? "http" : "https")}://localhost:{Port}{path}";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true) _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Disposed.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                Stream stream = client.GetStream();
                if (_certificate is not null)
                {
                    var secure = new SslStream(stream);
                    await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                    stream = secure;
                }

                using var reader = new StreamReader(stream, leaveOpen: true);
                string path = (await reader.ReadLineAsync(_stop.Token))?.Split(' ')[1] ?? "/";
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
                {
                    // The other headers say nothing to us.
                }

                if (path == "/hang") await Task.Delay(Timeout.Infinite, _stop.Token);
                string status = path == "/503" ? "503 Service Unavailable" : "200 OK";
                byte[] body = Encoding.UTF8.GetBytes(_text);
                string head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head), _stop.Token);
                await stream.WriteAsync(body, _stop.Token);
                await stream.DisposeAsync();
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The client did not like the certificate, or is done.
            }
        }
    }
}
