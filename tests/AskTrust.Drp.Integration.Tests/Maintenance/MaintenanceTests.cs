using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Maintenance;

/// <summary>Maintenance mode with a real nginx, a real Caddy, and a browser.</summary>
public sealed class MaintenanceTests
{
    private const string Through = ", pass: [/healthz, \"/status/*\"], allow: [127.0.0.2/31, \"2001:db8::/33\"], retryAfter: 7m";

    [SkippableTheory, InlineData("nginx"), InlineData("caddy")]
    public async Task Visitors_see_the_page_probes_and_chosen_addresses_the_site_and_it_goes_back(string proxy)
    {
        await using MaintenanceScene scene = proxy == "nginx" ? await MaintenanceScene.NginxAsync(more: Through) : await MaintenanceScene.CaddyAsync(Through);
        string config = proxy == "nginx" ? scene.Config : scene.Folder["Caddyfile"];
        byte[] before = await File.ReadAllBytesAsync(config);

        MaintenanceReport planned = await scene.OnAsync(dryRun: true);
        Assert.Equal(RunStatus.Planned, planned.Status);
        Assert.Equal(200, (await scene.GetAsync()).Status);

        Assert.Equal(RunStatus.Succeeded, (await scene.OnAsync()).Status);
        foreach (var (path, method) in new[] { ("/", HttpMethod.Get), ("/api/pay", HttpMethod.Post), ("/healthzz", HttpMethod.Get) })
        {
            var (status, text, answer) = await scene.GetAsync(path, method: method);
            Assert.Equal(503, status);
            Assert.Contains("<h1>Site en maintenance</h1>", text, StringComparison.Ordinal);
            Assert.Contains("<h1>Down for maintenance</h1>", text, StringComparison.Ordinal);
            Assert.Equal(("420", "no-store", "shop", "text/html; charset=utf-8"), (answer.Headers.RetryAfter?.ToString(), answer.Headers.CacheControl?.ToString(), answer.Headers.GetValues("X-Drp-Maintenance").Single(), answer.Content.Headers.ContentType?.ToString()));
        }

        Assert.Equal("ok", (await scene.GetAsync("/healthz")).Text.Trim());
        Assert.Equal("app", (await scene.GetAsync("/status/deep")).Text.Trim());
        Assert.Equal(["503", "app", "app", "503"], await Task.WhenAll(new[] { "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4" }.Select(async a => await scene.GetAsync("/", a) is { Status: 200, Text: var text } ? text.Trim() : "503")));
        Assert.Equal(RunStatus.Skipped, (await scene.OnAsync()).Status);
        MaintenanceStatus on = await scene.StatusAsync();
        Assert.Equal((true, "move", true, null), (on.On, on.Reason, on.Shown, on.Problem));

        Assert.Equal(RunStatus.Succeeded, (await scene.OffAsync()).Status);
        Assert.Equal("app", (await scene.GetAsync()).Text.Trim());
        Assert.Equal(RunStatus.Skipped, (await scene.OffAsync()).Status);
        MaintenanceStatus off = await scene.StatusAsync();
        Assert.Equal((false, false, null), (off.On, off.Shown, off.Problem));
        Assert.Equal(before, await File.ReadAllBytesAsync(config));
        if (proxy == "nginx") Assert.Empty(Directory.GetFileSystemEntries(scene.Folder["drp"]));
    }

    [SkippableFact]
    public async Task Nginx_is_never_reloaded_when_its_check_fails()
    {
        await using MaintenanceScene scene = await MaintenanceScene.NginxAsync();
        string good = await File.ReadAllTextAsync(scene.Config), bad = good.Replace("events {}", "events {} nonsense on;", StringComparison.Ordinal);

        await File.WriteAllTextAsync(scene.Config, bad);
        DrpException before = await MaintenanceScene.FailsAsync(() => scene.OnAsync());
        Assert.Contains("nonsense", before.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(scene.Snippet));
        Assert.Equal(200, (await scene.GetAsync()).Status);

        await File.WriteAllTextAsync(scene.Config, good);
        await scene.OnAsync();
        string snippet = await File.ReadAllTextAsync(scene.Snippet);
        await File.WriteAllTextAsync(scene.Config, bad);
        await MaintenanceScene.FailsAsync(scene.OffAsync);
        Assert.Equal(snippet, await File.ReadAllTextAsync(scene.Snippet));
        Assert.Equal(503, (await scene.GetAsync()).Status);
        Assert.True((await scene.StatusAsync()).On);

        // Somebody's own file in our place, and one of ours that somebody took away.
        await File.WriteAllTextAsync(scene.Config, good);
        await scene.OffAsync();
        await File.WriteAllTextAsync(scene.Snippet, "# mine\n");
        Assert.Equal(DrpError.UnsafeTarget, (await MaintenanceScene.FailsAsync(() => scene.OnAsync())).Code);
        Assert.Equal("# mine\n", await File.ReadAllTextAsync(scene.Snippet));
    }

    [SkippableFact]
    public async Task What_nginx_does_not_include_or_we_may_not_reload_is_put_back()
    {
        await using (MaintenanceScene scene = await MaintenanceScene.NginxAsync(include: ""))
        {
            DrpException e = await MaintenanceScene.FailsAsync(() => scene.OnAsync());
            Assert.Equal(DrpError.PlanInvalid, e.Code);
            Assert.Contains("include " + scene.Snippet + "*;", e.Hint, StringComparison.Ordinal);
            Assert.False(File.Exists(scene.Snippet));
        }

        await using (MaintenanceScene scene = await MaintenanceScene.NginxAsync())
        {
            await scene.StopAsync();
            Assert.Equal(DrpError.Failed, (await MaintenanceScene.FailsAsync(() => scene.OnAsync())).Code);
            Assert.False(File.Exists(scene.Snippet));
            Assert.False((await scene.StatusAsync()).On);
        }
    }

    [SkippableFact]
    public async Task Who_may_not_reload_nginx_changes_nothing()
    {
        Requires.That(Environment.IsPrivilegedProcess, "nginx must be another user's");
        await using MaintenanceScene scene = await MaintenanceScene.NginxAsync();
        await ChildProcess.RunAsync("sh", ["-c", "mkdir -p state one && chown -R nobody drp state one && chmod 666 pid error.log"], new ChildOptions { Folder = scene.Folder.Path });

        await using var drp = ChildProcess.Start("setpriv", ["--reuid=nobody", "--clear-groups", "sh", "-c", $"exec {DrpProgram.ShellLine} maintenance on --lang en --plan {scene.Plan}"],
            new ChildOptions { Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DRP_STATE"] = scene.Folder["state"], ["HOME"] = scene.Folder.Path, ["DRP_PLAN"] = null } });

        Assert.Equal((int)DrpError.Failed, await drp.WaitAsync());
        Assert.Contains("not permitted", drp.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(scene.Folder["drp"]));
        Assert.Equal(200, (await scene.GetAsync()).Status);
    }

    [SkippableFact]
    public async Task Caddy_goes_on_when_its_Caddyfile_is_broken_and_a_restart_is_noticed()
    {
        await using MaintenanceScene scene = await MaintenanceScene.CaddyAsync();
        string file = scene.Folder["Caddyfile"], good = await File.ReadAllTextAsync(file);
        await scene.OnAsync();

        await File.WriteAllTextAsync(file, good + "nonsense {\n");
        await MaintenanceScene.FailsAsync(scene.OffAsync);
        Assert.Equal(503, (await scene.GetAsync()).Status);

        await File.WriteAllTextAsync(file, good);
        await scene.StopAsync();
        await scene.StartAsync("caddy", "run", "--config", file);
        MaintenanceStatus status = await scene.StatusAsync();
        Assert.Equal((true, false), (status.On, status.Shown));
        Assert.Contains("drp maintenance on", status.Problem, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Succeeded, (await scene.OnAsync()).Status);
        Assert.Equal(503, (await scene.GetAsync()).Status);
    }

    [SkippableFact]
    public async Task A_browser_shows_the_page_in_both_languages_and_asks_nobody_else()
    {
        Requires.Programs("chromium");
        await using MaintenanceScene scene = await MaintenanceScene.NginxAsync();
        await scene.OnAsync();

        string dom = await ChildProcess.RunAsync("chromium",
            ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=" + scene.Folder.Sub("chromium"), "--enable-logging=stderr", "--v=0", "--dump-dom", scene.Url],
            new ChildOptions { Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["HOME"] = scene.Folder.Path } });

        Assert.Contains("<section lang=\"fr\">", dom, StringComparison.Ordinal);
        Assert.Contains("Nous intervenons sur shop et serons bientôt de retour.", dom, StringComparison.Ordinal);
        Assert.Contains("We are working on shop and will be back soon.", dom, StringComparison.Ordinal);
        var (status, page, answer) = await scene.GetAsync();
        Assert.Equal(503, status);
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero, answer.Headers.ToString());
        Assert.DoesNotMatch("(?:src|href)=|url\\(|//", page.Replace("<!doctype", "", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_page_of_ones_own_stands_as_it_is()
    {
        await using MaintenanceScene scene = await MaintenanceScene.NginxAsync(more: ", page: own.html");
        string page = "<!doctype html><p title='a'>\"quoted\" \\ back {brace} ; é€😀 &#36;\n" + string.Concat(Enumerable.Repeat("0123456789é", 2000));
        await File.WriteAllTextAsync(scene.Folder["own.html"], page);
        await scene.OnAsync();
        Assert.Equal(page, (await scene.GetAsync()).Text);

        await scene.OffAsync();
        await File.WriteAllTextAsync(scene.Folder["own.html"], "costs 5 $");
        Assert.Equal(DrpError.PlanInvalid, (await MaintenanceScene.FailsAsync(() => scene.OnAsync())).Code);
    }

    [SkippableFact]
    public async Task Nginx_in_a_container_is_checked_and_reloaded_there()
    {
        Requires.Programs("dockerd");
        await DockerEngine.EnsureServicesAsync();
        await using var scene = new MaintenanceScene();
        scene.Folder.Sub("drp");
        await File.WriteAllTextAsync(scene.Folder["site.conf"], "server { listen 80; include /etc/nginx/drp/*.conf; location / { return 200 \"app\\n\"; } }\n");
        string name = $"drptest{Guid.NewGuid():N}"[..16];
        await DockerEngine.RunAsync(["run", "-d", "--name", name, "-p", $"127.0.0.1:{scene.Port}:80", "-v", $"{scene.Folder["site.conf"]}:/etc/nginx/conf.d/default.conf:ro", "-v", $"{scene.Folder["drp"]}:/etc/nginx/drp:ro", "nginx:1"]);
        try
        {
            await Primary.PairScene.UntilAsync(async () => { try { return (await scene.GetAsync()).Status == 200; } catch (HttpRequestException) { return false; } });
            scene.Write($"proxy: nginx, container: {name}, snippet: {scene.Snippet}, url: \"{scene.Url}\"");

            Assert.Equal(RunStatus.Succeeded, (await scene.OnAsync()).Status);
            Assert.Equal(503, (await scene.GetAsync()).Status);
            Assert.Equal(RunStatus.Succeeded, (await scene.OffAsync()).Status);
            Assert.Equal("app\n", (await scene.GetAsync()).Text);
        }
        finally
        {
            await DockerEngine.RunAsync(["rm", "-f", name]);
        }
    }

    [Fact]
    public async Task Traefik_gets_a_file_before_all_other_routers_and_a_server_of_the_page()
    {
        await using var scene = new MaintenanceScene();
        scene.Write($"proxy: traefik, snippet: {scene.Snippet}, pageUrl: \"{scene.Url}\", url: \"{scene.Url}\"{Through}");
        using var stop = new CancellationTokenSource();
        var ready = new TaskCompletionSource();
        Task serving = scene.WithAsync(async s => { await s.ServeMaintenanceAsync($"127.0.0.1:{scene.Port}", ready.SetResult, stop.Token); return true; });
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(20), stop.Token);

        MaintenanceReport report = await scene.OnAsync();
        Assert.Equal(RunStatus.Succeeded, report.Status);
        var (status, text, answer) = await scene.GetAsync("/any", method: HttpMethod.Post);
        Assert.Equal((503, "420"), (status, answer.Headers.RetryAfter?.ToString()));
        Assert.Contains("Site en maintenance", text, StringComparison.Ordinal);

        string file = await File.ReadAllTextAsync(scene.Snippet, stop.Token);
        Assert.Equal(file, report.Text);
        Assert.Contains("rule: \"PathPrefix(`/`) && !Path(`/healthz`) && !PathPrefix(`/status/`) && !ClientIP(`127.0.0.2/31`) && !ClientIP(`2001:db8::/33`)\"\n", file, StringComparison.Ordinal);
        Assert.Contains($"servers:\n          - url: \"{scene.Url}\"\n", file, StringComparison.Ordinal);
        await stop.CancelAsync();
        await serving;

        scene.Write($"proxy: traefik, snippet: {scene.Snippet}");
        Assert.NotNull((await scene.StatusAsync()).Problem);
        Assert.Contains("servers: []\n", (await scene.OnAsync()).Text, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Succeeded, (await scene.OffAsync()).Status);
        Assert.False(File.Exists(scene.Snippet));
    }
}
