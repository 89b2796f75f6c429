using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

public sealed class ServiceTests : IDisposable
{
    private readonly TestFolder _folder = new("service");

    public ServiceTests()
    {
        _folder.Sub("odd $na%me");
        _folder.Write("odd $na%me/drp.yaml", $$"""
        version: 1
        name: shop
        components:
          db: { type: postgresql, container: shop-db, password: "${env:SHOP_DB}", pointInTime: {} }
        repositories:
          one: { type: directory, path: {{_folder["one"]}} }
          two: { type: s3, bucket: shop-bucket, endpoint: https://s3.example.org, region: r, accessKey: "${env:SHOP_KEY}", secretKey: "${file:/run/secrets/s3}" }
        encryption: none
        """);
    }

    [SkippableFact]
    public async Task The_unit_is_one_systemd_takes_and_holds_no_secret()
    {
        ServiceReport report = await WithAsync(s => s.RegisterServiceAsync(
            new ServiceOptions { Folder = _folder["units"], Program = "/bin/true", Credentials = new Dictionary<string, string>(StringComparer.Ordinal) { ["SHOP_KEY"] = "/etc/shop/key" } }, default));

        Assert.Equal((RunStatus.Succeeded, "drp-wal-shop-db", _folder["units/drp-wal-shop-db.service"]), (report.Status, report.Name, report.File));
        Assert.Equal(report.Text, await File.ReadAllTextAsync(report.File));
        Assert.Contains("--plan \"" + _folder["odd $$na%%me/drp.yaml"] + "\"", report.Text, StringComparison.Ordinal);
        Assert.Contains("LoadCredential=SHOP_KEY:/etc/shop/key\n", report.Text, StringComparison.Ordinal);
        Assert.Contains("EnvironmentFile=-/etc/default/drp-shop\n", report.Text, StringComparison.Ordinal);
        // What no credential covers is asked for.
        Assert.Contains(report.Warnings, w => w.Contains("SHOP_DB", StringComparison.Ordinal) && !w.Contains("SHOP_KEY", StringComparison.Ordinal));
        Requires.Programs("systemd-analyze");
        Assert.Equal("", (await ChildProcess.RunAsync("systemd-analyze", ["verify", "--man=no", "--generators=no", report.File])).Trim());
    }

    [Fact]
    public async Task It_is_idempotent_and_goes_again_and_leaves_what_is_not_ours()
    {
        var options = new ServiceOptions { Folder = _folder["units"], Program = "/bin/true" };
        Assert.Equal(RunStatus.Planned, (await WithAsync(s => s.RegisterServiceAsync(options with { DryRun = true }, default))).Status);
        Assert.False(Directory.Exists(_folder["units"]));
        Assert.Equal(ServiceFileState.Missing, (await StatusAsync()).State);

        Assert.Equal(RunStatus.Succeeded, (await WithAsync(s => s.RegisterServiceAsync(options, default))).Status);
        Assert.Equal(RunStatus.Skipped, (await WithAsync(s => s.RegisterServiceAsync(options, default))).Status);
        var more = options with { User = "drp", Credentials = new Dictionary<string, string>(StringComparer.Ordinal) { ["SHOP_DB"] = "/etc/100%" } };
        Assert.Equal(RunStatus.Succeeded, (await WithAsync(s => s.RegisterServiceAsync(more, default))).Status);
        Assert.Equal(ServiceFileState.Current, (await StatusAsync()).State);
        await File.AppendAllTextAsync(_folder["units/drp-wal-shop-db.service"], "# by hand\n");
        Assert.Equal(ServiceFileState.Outdated, (await StatusAsync()).State);
        Assert.Equal(RunStatus.Succeeded, (await WithAsync(s => s.UnregisterServiceAsync(options, default))).Status);
        Assert.Equal(RunStatus.Skipped, (await WithAsync(s => s.UnregisterServiceAsync(options, default))).Status);
        Assert.Empty(Directory.EnumerateFiles(_folder["units"]));

        _folder.Write("units/drp-wal-shop-db.service", "[Unit]\n");
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => WithAsync(s => s.RegisterServiceAsync(options, default)))).Code);
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => WithAsync(s => s.UnregisterServiceAsync(options, default)))).Code);
        Assert.Equal(ServiceFileState.Foreign, (await StatusAsync()).State);
        Assert.Equal("[Unit]\n", await File.ReadAllTextAsync(_folder["units/drp-wal-shop-db.service"]));
    }

    [SkippableFact]
    public async Task A_user_who_may_not_use_what_the_service_needs_is_told_of()
    {
        Requires.That(Environment.UserName == "root", "only root can ask what another user may do");
        Requires.Programs("initdb");
        var options = new ServiceOptions { Folder = _folder["units"], Program = "/bin/true", User = "postgres" };
        File.SetUnixFileMode(_folder["odd $na%me/drp.yaml"], UnixFileMode.UserRead);
        ServiceReport report = await WithAsync(s => s.RegisterServiceAsync(options, default));
        Assert.Contains(report.Warnings, w => w.Contains("postgres", StringComparison.Ordinal) && w.Contains("drp.yaml", StringComparison.Ordinal) && w.Contains(_folder["state"], StringComparison.Ordinal));

        await ChildProcess.RunAsync("chown", ["-R", "postgres", _folder.Path]);
        Assert.DoesNotContain((await WithAsync(s => s.RegisterServiceAsync(options, default))).Warnings, w => w.Contains("postgres", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Compose_takes_its_file_beside_the_project_s()
    {
        Requires.Programs("docker-compose");
        ServiceReport report = await WithAsync(s => s.RegisterServiceAsync(new ServiceOptions { Manager = ServiceManager.Compose }, default));
        _folder.Write("docker-compose.yml", "version: '3'\nservices:\n  db: { image: postgres:15 }\n");

        string config = await ChildProcess.RunAsync("docker-compose", ["-f", _folder["docker-compose.yml"], "-f", report.File, "config"],
            new ChildOptions { Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DRP_IMAGE"] = "drp:1", ["SHOP_DB"] = "from outside", ["SHOP_KEY"] = "k" } });

        Assert.Contains("drp-wal-shop-db:", config, StringComparison.Ordinal);
        Assert.Contains("SHOP_DB: from outside", config, StringComparison.Ordinal);
        Assert.Contains("/run/secrets/s3:/run/secrets/s3:ro", config, StringComparison.Ordinal);
        Assert.Contains("/var/run/docker.sock", config, StringComparison.Ordinal);
        Assert.DoesNotContain("from outside", report.Text, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Succeeded, (await WithAsync(s => s.UnregisterServiceAsync(new ServiceOptions { Manager = ServiceManager.Compose }, default))).Status);
        Assert.False(File.Exists(report.File));
    }

    [SkippableFact]
    public async Task Without_systemd_nothing_is_written_unless_a_folder_is_named()
    {
        Requires.That(!Directory.Exists("/run/systemd/system"), "systemd runs here");

        DrpException e = await Assert.ThrowsAsync<DrpException>(() => WithAsync(s => s.RegisterServiceAsync(new ServiceOptions { Program = "/bin/true" }, default)));

        Assert.Equal(DrpError.Unreachable, e.Code);
        Assert.Equal(DrpError.PlanInvalid, (await Assert.ThrowsAsync<DrpException>(() => WithAsync(s => s.RegisterServiceAsync(
            new ServiceOptions { Program = "/bin/true", Folder = _folder["units"], User = "a\nExecStartPre=/bin/evil" }, default)))).Code);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<ServiceStatus> StatusAsync() => await WithAsync(async s => (await s.ServicesAsync(null, _folder["units"], default).ToListAsync())[0]);

    private async Task<T> WithAsync<T>(Func<DrpSession, Task<T>> act)
    {
        await using var session = await DrpSession.OpenAsync(_folder["odd $na%me"], new EngineOptions { StateDirectory = _folder["state"] }, default);
        return await act(session);
    }
}
