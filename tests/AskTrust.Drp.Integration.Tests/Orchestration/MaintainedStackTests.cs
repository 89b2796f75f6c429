using System.Security.Cryptography.X509Certificates;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Maintenance;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Orchestration;

/// <summary>A stack with Redis, a volume and certificates behind a real nginx of the host: all of it restored, the maintenance page shown meanwhile, and gone or kept as it ends.</summary>
public sealed class MaintainedStackTests
{
    private const string Stack = """
        version: "2.4"
        services:
          app:
            image: debian:bookworm-slim
            command: ["sh", "-c", "trap 'exit 0' TERM; sleep 900 & wait"]
            volumes: ["uploads:/srv/data"]
            healthcheck: { test: "test -e /srv/data/ok", interval: 1s, timeout: 30s, retries: 2 }
            depends_on: [cache]
          cache:
            image: redis:7
            command: ["redis-server", "--appendonly", "yes", "--repl-diskless-sync-delay", "0"]
            volumes: ["cache:/data"]
        volumes: { uploads: {}, cache: {} }
        """;

    private const string Good = "1 good certificate 2", Spoiled = "2 spoiled nothing 2";
    private static readonly SystemRestoreOptions s_all = new() { Confirmed = true, HealthTimeout = TimeSpan.FromMinutes(2) };

    [SkippableFact]
    public async Task The_page_is_shown_while_redis_volume_and_certificates_come_back_and_goes_when_all_is_put_back()
    {
        await DockerEngine.EnsureServicesAsync();
        await using MaintenanceScene site = await MaintenanceScene.NginxAsync();
        await using ComposeProject project = await ComposeProject.UpAsync(Stack);
        string good = await SpoilAsync(site, project);
        var seen = new Visitor(site);

        // A part fails half way: all is put back, and the page goes.
        string archive = Directory.EnumerateFiles(site.Folder["one"], "uploads*.tar*", SearchOption.AllDirectories).Single();
        byte[] bytes = await File.ReadAllBytesAsync(archive);
        bytes[bytes.Length / 2] ^= 0xFF;
        await File.WriteAllBytesAsync(archive, bytes);
        await Assert.ThrowsAsync<DrpException>(() => RestoreAsync(site, seen, good, s_all));
        Assert.Equal((Spoiled, "503 200"), (await LookAsync(site, project), await seen.EndAsync()));
        bytes[bytes.Length / 2] ^= 0xFF;
        await File.WriteAllBytesAsync(archive, bytes);

        SystemRestoreReport report = await RestoreAsync(site, seen, good, s_all);
        Assert.Equal(RunStatus.Succeeded, report.Status);
        Assert.Equal(["cache", "certs", "uploads"], report.Components.Select(c => c.Component).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(report.Warnings, w => w.Contains("maintenance page", StringComparison.Ordinal));
        Assert.Equal((Good, "503 200"), (await LookAsync(site, project), await seen.EndAsync()));
    }

    [SkippableFact, Trait("Category", "Soak")]
    public async Task The_page_stays_where_a_service_is_not_well_or_the_run_was_killed_until_it_is_taken_back()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("DRP_SOAK") == "1", "only in the long run: ./build.sh soak");
        await DockerEngine.EnsureServicesAsync();
        await using MaintenanceScene site = await MaintenanceScene.NginxAsync();
        await using ComposeProject project = await ComposeProject.UpAsync(Stack);
        string good = await SpoilAsync(site, project);
        await InAsync(project, "app", "rm /srv/data/ok");
        string sick = (await site.WithAsync(s => s.BackupAsync(new BackupOptions(), default))).Id;
        await InAsync(project, "app", "touch /srv/data/ok");
        var seen = new Visitor(site);

        SystemRestoreReport ill = await RestoreAsync(site, seen, sick, s_all with { HealthTimeout = TimeSpan.FromSeconds(5) });
        Assert.Equal(RunStatus.Incomplete, ill.Status);
        Assert.Contains(ill.Warnings, w => w.Contains("drp maintenance off", StringComparison.Ordinal));
        Assert.Equal("503 503", await seen.EndAsync());
        await UndoAsync(site, seen);
        Assert.Equal((Spoiled, "503 200"), (await LookAsync(site, project), await seen.EndAsync()));

        await using (ChildProcess drp = DrpProgram.Start(site.Plan, site.Folder["state"], "", ["restore-system", good, "--yes"]))
        {
            for (var until = DateTime.UtcNow.AddSeconds(60); !Step(site).Contains("restore uploads", StringComparison.Ordinal); await Task.Delay(10))
                Assert.True(DateTime.UtcNow < until && !drp.HasExited, drp.Output);
            await DrpProgram.KillAloneAsync(drp);
        }

        Assert.Equal(503, (await site.GetAsync()).Status);
        await UndoAsync(site, seen);
        Assert.Equal((Spoiled, "503 200"), (await LookAsync(site, project), await seen.EndAsync()));
    }

    /// <summary>Saved, then spoiled.</summary>
    /// <returns>The set.</returns>
    private static async Task<string> SpoilAsync(MaintenanceScene site, ComposeProject project)
    {
        Write(site, project);
        await FillAsync(site, project, "1", "good", "certificate");
        await InAsync(project, "app", "touch /srv/data/ok");
        string good = (await site.WithAsync(s => s.BackupAsync(new BackupOptions(), default))).Id;
        await FillAsync(site, project, "2", "spoiled", "nothing");
        return good;
    }

    private static void Write(MaintenanceScene site, ComposeProject project) => File.WriteAllText(site.Plan, $$"""
        version: 1
        name: shop
        components:
          cache: { type: redis, compose: { service: cache, project: {{project.Name}} } }
          uploads: { type: volume, volume: {{project.Name}}_uploads }
          certs: { type: certificates, paths: [{{site.Folder["certs"]}}] }
        repositories: { one: { type: directory, path: {{site.Folder["one"]}} } }
        encryption: { passphrase: "${file:{{site.Folder.Write("passphrase", "correct horse battery staple")}}}" }
        maintenance: { proxy: nginx, snippet: {{site.Snippet}}, config: {{site.Config}}, url: "{{site.Url}}" }
        """);

    private static async Task FillAsync(MaintenanceScene site, ComposeProject project, string key, string upload, string certificate)
    {
        await InAsync(project, "cache", $"until redis-cli SET key {key} | grep -q OK; do sleep 0.1; done");
        await InAsync(project, "app", $"echo {upload} > /srv/data/file");
        site.Folder.Sub("certs");
        using var authority = new TestAuthority($"CN={certificate}");
        site.Folder.Write("certs/site.pem", authority.Pem);
    }

    private static async Task<string> InAsync(ComposeProject project, string service, string script) => (await project.RunAsync(["exec", "-T", service, "sh", "-c", script])).Trim();

    /// <summary>The key, the upload, the certificate, and how many services run.</summary>
    private static async Task<string> LookAsync(MaintenanceScene site, ComposeProject project)
    {
        string running = await DockerEngine.RunAsync(["ps", "-q", "--filter", $"label=com.docker.compose.project={project.Name}"]);
        using var certificate = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(site.Folder["certs/site.pem"]));
        return $"{await InAsync(project, "cache", "redis-cli GET key")} {await InAsync(project, "app", "cat /srv/data/file")} {certificate.Subject[3..]} {running.Split('\n').Length}";
    }

    private static async Task<SystemRestoreReport> RestoreAsync(MaintenanceScene site, Visitor seen, string id, SystemRestoreOptions options)
    {
        await using var session = await DrpSession.OpenAsync(site.Plan, new EngineOptions { StateDirectory = site.Folder["state"], Observer = seen }, default);
        return await session.RestoreSystemAsync(options with { Id = id }, default);
    }

    private static async Task UndoAsync(MaintenanceScene site, Visitor seen)
    {
        await using var session = await DrpSession.OpenAsync(site.Plan, new EngineOptions { StateDirectory = site.Folder["state"], Observer = seen }, default);
        Assert.Equal(RunStatus.Succeeded, (await session.UndoSystemAsync(null, false, default)).Status);
    }

    private static string Step(MaintenanceScene site)
    {
        string folder = Path.Join(site.Folder["state"], "shop", "systems");
        string text = File.ReadAllText(Directory.EnumerateFiles(folder, "*.json").Max(StringComparer.Ordinal)!);
        return text.Contains("\"settled\": false", StringComparison.Ordinal) ? text : "";
    }

    /// <summary>Looks at the site whenever bytes come back, as a visitor would.</summary>
    private sealed class Visitor(MaintenanceScene site) : IDrpObserver
    {
        private int _meanwhile;

        public void On(DrpEvent happening)
        {
            if (happening is DrpMessage { Text: var text } && text.Contains("topped", StringComparison.Ordinal)) _meanwhile = site.GetAsync().GetAwaiter().GetResult().Status;
        }

        /// <summary>What it saw in the middle of it, and sees now.</summary>
        public async Task<string> EndAsync()
        {
            string both = $"{_meanwhile} {(await site.GetAsync()).Status}";
            _meanwhile = 0;
            return both;
        }
    }
}
