using System.Security.Cryptography;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.Sftp;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Repositories;

/// <summary>What only SSH has: host keys, user keys, connections that break.</summary>
public sealed class SftpRepositoryTests : IDisposable
{
    private readonly TestContext _context = new();

    public void Dispose() => _context.Dispose();

    [SkippableFact]
    public async Task A_host_key_that_is_unknown_or_changed_is_refused()
    {
        SshServer server = await SshServer.SharedAsync();
        string nobody = _context.Folder.Write("nobody", "");
        foreach (string known in (string[])[nobody, server.WrongKnownHostsFile])
        {
            var e = await FailAsync(SftpPlans.For(server, server.Files) with { KnownHostsFile = known });
            Assert.Equal((DrpError.KeyOrPassphrase, false), (e.Code, e.IsTransient));
            Assert.Contains("ost key", e.Message, StringComparison.Ordinal);
        }

        Assert.Equal("", await File.ReadAllTextAsync(nobody));
    }

    [SkippableFact]
    public async Task A_user_key_that_the_host_does_not_know_is_refused_without_a_question()
    {
        SshServer server = await SshServer.SharedAsync();
        var e = await FailAsync(SftpPlans.For(server, server.Files) with { IdentityFile = server.StrangeIdentityFile });
        Assert.Equal((DrpError.KeyOrPassphrase, false), (e.Code, e.IsTransient));
    }

    [SkippableFact]
    public async Task A_host_that_does_not_answer_is_unreachable()
    {
        SshServer server = await SshServer.SharedAsync();
        var e = await FailAsync(SftpPlans.For(server, server.Files) with { Port = FreePort.Take() });
        Assert.Equal((DrpError.Unreachable, true), (e.Code, e.IsTransient));
    }

    [SkippableFact]
    public async Task The_check_makes_the_folder_but_not_its_parents_and_a_look_nothing()
    {
        SshServer server = await SshServer.SharedAsync();
        string root = Path.Join(server.Files, "made");
        await using IRepository repository = await SftpRepository.OpenAsync(SftpPlans.For(server, root), _context.Host, default);
        Assert.Equal(DrpError.RepositoryMissing, (await Assert.ThrowsAsync<DrpException>(() => repository.StatAsync("x", default))).Code);
        Assert.False(await repository.LookAsync(default));
        Assert.False(Directory.Exists(root));
        await repository.CheckAsync(default);
        Assert.True(Directory.Exists(root));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(root));
        await S3Fixture.PutAsync(repository, "a/x", [1]);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Join(root, "a", "x")));
        SftpRepositoryPlan unmounted = SftpPlans.For(server, Path.Join(server.Files, "not", "mounted"));
        Assert.Equal(DrpError.RepositoryMissing, (await FailAsync(unmounted)).Code);
        await using IRepository looked = await SftpRepository.OpenAsync(unmounted, _context.Host, default);
        Assert.Equal(DrpError.RepositoryMissing, (await Assert.ThrowsAsync<DrpException>(() => looked.LookAsync(default))).Code);
    }

    [SkippableFact]
    public async Task A_connection_that_breaks_fails_the_write_leaves_nothing_visible_and_is_made_anew()
    {
        await using SshServer server = await SshServer.StartAsync();
        await using IRepository repository = await SftpRepository.OpenAsync(SftpPlans.For(server, server.Files), _context.Host, default);
        await using (ISink sink = await repository.CreateAsync("x", null, default))
        {
            await sink.WriteAsync(new byte[1 << 20], default);
            KillSessions(server.ProcessId);
            var e = await Assert.ThrowsAsync<DrpException>(async () =>
            {
                for (int i = 0; i < 100; i++) await sink.WriteAsync(new byte[1 << 20], default);
                await sink.CompleteAsync(default);
            });
            Assert.Equal((DrpError.Unreachable, true), (e.Code, e.IsTransient));
        }

        Assert.Null(await repository.StatAsync("x", default));
        byte[] bytes = RandomNumberGenerator.GetBytes(5_000_000);
        await S3Fixture.PutAsync(repository, "x", bytes);
        Assert.Equal(bytes, await S3Fixture.GetAsync(repository, "x"));
        Assert.Equal(1, await repository.SweepAsync("", TimeSpan.FromMinutes(-1), default));
    }

    [SkippableFact]
    public async Task A_read_goes_on_over_a_new_connection()
    {
        await using SshServer server = await SshServer.StartAsync();
        await using IRepository inner = await SftpRepository.OpenAsync(SftpPlans.For(server, server.Files), _context.Host, default);
        var repository = new RetryingRepository(inner, S3Fixture.Quick.Retry, TimeProvider.System);
        byte[] bytes = RandomNumberGenerator.GetBytes(8 << 20);
        await S3Fixture.PutAsync(repository, "x", bytes);
        await using Stream stream = await repository.OpenReadAsync("x", 0, null, default);
        byte[] read = new byte[bytes.Length];
        await stream.ReadExactlyAsync(read.AsMemory(0, 100_000));
        KillSessions(server.ProcessId);
        await stream.ReadExactlyAsync(read.AsMemory(100_000));
        Assert.Equal(bytes, read);
    }

    [SkippableFact]
    public async Task A_silent_server_is_given_up()
    {
        await using SshServer server = await SshServer.StartAsync();
        await using IRepository repository = await SftpRepository.OpenAsync(SftpPlans.For(server, server.Files), _context.Host, TimeSpan.FromSeconds(1), default);
        await repository.CheckAsync(default);
        foreach (int session in Sessions(server.ProcessId)) await ChildProcess.RunAsync("kill", ["-STOP", $"{session}"]);
        var e = await Assert.ThrowsAsync<DrpException>(() => repository.StatAsync("x", default));
        Assert.Equal((DrpError.Unreachable, true), (e.Code, e.IsTransient));
        KillSessions(server.ProcessId);
    }

    private static List<int> Sessions(int parent)
    {
        var parents = new Dictionary<int, int>();
        foreach (string stat in Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)).Select(d => Path.Join(d, "stat")))
        {
            try
            {
                string text = File.ReadAllText(stat);
                parents[int.Parse(text[..text.IndexOf(' ', StringComparison.Ordinal)])] = int.Parse(text[(text.LastIndexOf(')') + 4)..].Split(' ')[0]);
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }

        List<int> found = [parent];
        for (int i = 0; i < found.Count; i++) found.AddRange(parents.Where(p => p.Value == found[i]).Select(p => p.Key));
        return found[1..];
    }

    private static void KillSessions(int parent)
    {
        foreach (int session in Sessions(parent))
        {
            try
            {
                using var process = System.Diagnostics.Process.GetProcessById(session);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                // Gone with its parent.
            }
        }
    }

    private async Task<DrpException> FailAsync(SftpRepositoryPlan plan)
    {
        await using IRepository repository = await SftpRepository.OpenAsync(plan, _context.Host, default);
        var e = await Assert.ThrowsAsync<DrpException>(() => repository.CheckAsync(default));
        Assert.False(string.IsNullOrEmpty(e.Hint));
        return e;
    }
}
