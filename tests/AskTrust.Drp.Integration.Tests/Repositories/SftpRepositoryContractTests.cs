using AskTrust.Drp.Contracts;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.Sftp;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Repositories;

/// <summary>The SFTP driver against a real sshd.</summary>
public sealed class SftpRepositoryContractTests : RepositoryContract
{
    private static int s_roots;
    private readonly TestContext _context = new();

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _context.Dispose();
    }

    private protected override async Task<IRepository> OpenAsync()
    {
        SshServer server = await SshServer.SharedAsync();
        string root = Path.Join(server.Files, $"repo {Interlocked.Increment(ref s_roots)}");
        Directory.CreateDirectory(root);
        return await SftpRepository.OpenAsync(SftpPlans.For(server, root), _context.Host, default);
    }

    private protected override async Task<bool> LeaveUnfinishedAsync(string key)
    {
        var sink = await (await RepositoryAsync()).CreateAsync(key, null, default);
        await sink.WriteAsync(new byte[100], default);
        return true;
    }
}

/// <summary>Plans for the test server.</summary>
internal static class SftpPlans
{
    public static SftpRepositoryPlan For(SshServer server, string path) => new()
    {
        Name = "sftp",
        Host = SshServer.Host,
        Port = server.Port,
        User = SshServer.User,
        Path = path,
        IdentityFile = server.IdentityFile,
        KnownHostsFile = server.KnownHostsFile,
    };
}
