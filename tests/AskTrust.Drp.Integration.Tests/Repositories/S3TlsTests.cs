using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Repositories;

/// <summary>An endpoint with a certificate of a private authority.</summary>
public sealed class S3TlsTests
{
    [SkippableFact]
    public async Task An_endpoint_of_a_private_authority_needs_its_ca_file()
    {
        await using S3Fixture s3 = await S3Fixture.StartAsync();
        using var authority = new TestAuthority();
        using var other = new TestAuthority("CN=other");
        using X509Certificate2 server = authority.ForLocalhost();
        int port = FreePort.Take();
        using var stop = new CancellationTokenSource();
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        Task serving = ServeAsync(listener, server, s3.Proxy.Port, stop.Token);
        string trusted = s3.Context.Folder.Write("ca.pem", authority.Pem);
        string strange = s3.Context.Folder.Write("other.pem", other.Pem);
        S3RepositoryPlan plan = s3.Plan() with { Endpoint = $"https://localhost:{port}" };

        IRepository repository = await s3.OpenAsync(plan with { CaFile = trusted });
        await repository.CheckAsync(default);
        byte[] bytes = RandomNumberGenerator.GetBytes(9 << 20);
        await S3Fixture.PutAsync(repository, "x", bytes);
        Assert.Equal(bytes, await S3Fixture.GetAsync(repository, "x"));
        // Under TLS the body is not part of the signature: its MD5 guards it.
        Assert.All(s3.Proxy.Requests.Where(r => r is { Method: "PUT", Length: > 0 }), r => Assert.Equal(("UNSIGNED-PAYLOAD", true), (r.Headers["x-amz-content-sha256"], r.Headers.ContainsKey("content-md5"))));

        foreach (S3RepositoryPlan bad in (S3RepositoryPlan[])[plan, plan with { CaFile = strange }, plan with { CaFile = trusted, Endpoint = $"https://127.0.0.1:{port}" }])
        {
            IRepository untrusted = await s3.OpenAsync(bad);
            var e = await Assert.ThrowsAsync<DrpException>(() => untrusted.CheckAsync(default));
            Assert.Equal((DrpError.Unreachable, false), (e.Code, e.IsTransient));
        }

        await Assert.ThrowsAsync<DrpException>(() => s3.OpenAsync(plan with { CaFile = "/no/such/file.pem" }));
        await stop.CancelAsync();
        await serving;
    }

    private static async Task ServeAsync(TcpListener listener, X509Certificate2 certificate, int target, CancellationToken ct)
    {
        try
        {
            while (true) _ = RelayAsync(await listener.AcceptTcpClientAsync(ct), certificate, target, ct);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task RelayAsync(TcpClient client, X509Certificate2 certificate, int target, CancellationToken ct)
    {
        using (client)
        {
            try
            {
                await using var near = new SslStream(client.GetStream());
                await near.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, ct);
                using var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, target, ct);
                await Task.WhenAny(near.CopyToAsync(server.GetStream(), ct), server.GetStream().CopyToAsync(near, ct));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The client did not like the certificate, or is done.
            }
        }
    }
}
