using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Orchestration;

/// <summary>Services of one Compose project are restarted in order, with everything that can go wrong on the way.</summary>
public sealed class ServiceRestartTests
{
    private const string Stack = """
        version: "2.4"
        services:
          web:
            image: debian:bookworm-slim
            command: ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"]
            volumes: ["./site:/site:ro"]
            depends_on: { app: { condition: service_healthy } }
          app:
            image: debian:bookworm-slim
            command: ["sh", "-c", "trap 'test -e /state/slow && sleep 2; exit 0' TERM; test -e /state/crash && exit 7; test -e /state/old || touch /state/ok /state/old; sleep 600 & wait"]
            volumes: ["state:/state"]
            healthcheck: { test: "test -e /state/ok || { echo no state yet; exit 1; }", interval: 1s, timeout: 30s, retries: 100 }
            depends_on: [base]
          base:
            image: debian:bookworm-slim
            command: ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"]
            stop_signal: SIGTERM
          aside:
            image: debian:bookworm-slim
            command: ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
        volumes: { state: {} }
        """;

    [SkippableFact]
    public async Task Services_are_restarted_in_order_and_what_goes_wrong_is_told()
    {
        await using var project = await ComposeProject.UpAsync(Stack);
        using var folder = new TestFolder("restart");
        folder.Write("drp.yaml", $$"""
            version: 1
            name: stack
            components:
              files: { type: files, path: {{folder.Path}} }
            repositories:
              one: { type: directory, path: {{folder["one"]}} }
            encryption: none
            """);
        await using var session = await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);
        var options = new ServiceRestartOptions { Project = project.Name, StopTimeout = TimeSpan.FromSeconds(5), HealthTimeout = TimeSpan.FromMinutes(2) };

        var planned = await session.RestartServicesAsync(options with { Services = ["web", "app", "base"], DryRun = true }, default);
        Assert.Equal(["stop web", "stop app", "stop base", "check that all 1 volumes are there", "start base,", "start app,", "start web,"], planned.Steps.Select(s => s.Split(" and")[0]));

        // Whole; one of its services does not mind being told to end.
        var whole = await session.RestartServicesAsync(options with { StopTimeout = TimeSpan.FromSeconds(1) }, default);
        Assert.Equal((RunStatus.Succeeded, 4), (whole.Status, whole.Services.Count));
        Assert.Equal([$"{project.Name}_state"], whole.Volumes);
        ServiceOutcome app = whole.Services.Single(s => s.Service == "app");
        Assert.Equal((ContainerHealth.Healthy, ContainerState.Running), (app.After!.Health, app.After.State));
        Assert.True(app.After.Started > app.Before.Started);
        Assert.Equal(app.Before.Container, app.After.Container);
        Assert.Contains(Ledger(folder), t => t.Contains("service-restart", StringComparison.Ordinal) && t.Contains("app Running Healthy", StringComparison.Ordinal));

        // Selective: what needs it, too, and nothing else.
        var some = await session.RestartServicesAsync(options with { Services = ["app"], Dependents = true }, default);
        Assert.Equal(["app", "web"], some.Services.Select(s => s.Service));

        // A frozen one and one that never gets well: held back is only who needs it.
        await InAppAsync("rm /state/ok");
        await project.RunAsync(["pause", "base"]);
        var sick = await session.RestartServicesAsync(options with { Services = ["base", "app", "web"], HealthTimeout = TimeSpan.FromSeconds(10) }, default);
        Assert.Equal(RunStatus.Failed, sick.Status);
        Assert.Equal([RunStatus.Succeeded, RunStatus.Failed, RunStatus.Skipped], sick.Services.Select(s => s.Status));
        Assert.Contains("no state yet", sick.Services[1].Message, StringComparison.Ordinal);
        Assert.Contains("“app”", sick.Services[2].Message, StringComparison.Ordinal);

        // One that ends at once is told at once, not when its time is up.
        await InAppAsync("touch /state/crash");
        var crash = await session.RestartServicesAsync(options with { Services = ["app"], HealthTimeout = TimeSpan.FromMinutes(5) }, default);
        Assert.Contains("exit code 7", crash.Services[0].Message, StringComparison.Ordinal);
        await DockerEngine.RunAsync(["run", "--rm", "-v", $"{project.Name}_state:/state", "debian:bookworm-slim", "sh", "-c", "rm /state/crash; touch /state/ok"]);
        Assert.Equal(RunStatus.Succeeded, (await session.RestartServicesAsync(options with { Services = ["app", "web"] }, default)).Status);

        // A folder of the host that is gone: nothing is touched, nothing is made in its place.
        string site = Path.Join(Path.GetDirectoryName(project.File), "site");
        Directory.Delete(site);
        var gone = await Assert.ThrowsAsync<DrpException>(() => session.RestartServicesAsync(options with { Services = ["web"] }, default));
        Assert.Equal((DrpError.UnsafeTarget, site), (gone.Code, gone.Subject));
        Assert.False(Path.Exists(site));
        Directory.CreateDirectory(site);

        // Cut off while one takes its time to end: what had been stopped runs again, and that one, too.
        await InAppAsync("touch /state/slow");
        string running = await OfAsync(project, "app"), since = await DockerEngine.RunAsync(["inspect", "--format", "{{.State.StartedAt}}", running]);
        await using (ChildProcess drp = DrpProgram.Start(folder["drp.yaml"], folder["state"], "", ["restart", "--project", project.Name, "--stop-timeout", "10s"]))
        {
            await DockerEngine.WaitToldToEndAsync(running, since);
            DrpProgram.Interrupt(drp);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            Assert.Equal((int)DrpError.Cancelled, await drp.WaitAsync(patience.Token));
        }

        foreach (string service in (string[])["web", "app", "base", "aside"]) await UntilAsync(project, service, "running");
        // It is not just the one that is still on its way out.
        Assert.NotEqual(since, await DockerEngine.RunAsync(["inspect", "--format", "{{.State.StartedAt}}", running]));

        Assert.Equal("nobody", (await Assert.ThrowsAsync<DrpException>(() => session.RestartServicesAsync(options with { Services = ["nobody"] }, default))).Subject);

        Task InAppAsync(string command) => project.ExecAsync("app", "sh", "-c", command);
    }

    [SkippableFact]
    public async Task An_engine_that_does_not_answer_is_told_in_one_sentence()
    {
        Requires.Programs("docker");
        using var folder = new TestFolder("down");
        folder.Write("drp.yaml", $$"""
            version: 1
            name: stack
            components:
              files: { type: files, path: {{folder.Path}} }
            repositories:
              one: { type: directory, path: {{folder["one"]}} }
            encryption: none
            """);
        await using ChildProcess drp = ChildProcess.Start("env", ["DOCKER_HOST=unix:///nowhere/docker.sock", $"DRP_STATE={folder["state"]}", "dotnet", "exec", Path.Join(AppContext.BaseDirectory, "drp.dll"), "restart", "--plan", folder["drp.yaml"], "--lang", "en"]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Assert.Equal((int)DrpError.Unreachable, await drp.WaitAsync(patience.Token));
        Assert.Contains("docker does not work", drp.Output, StringComparison.Ordinal);
        Assert.Contains("Check that the Docker engine runs", drp.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Ledger(TestFolder folder) => Directory.EnumerateFiles(folder["state"], "*", SearchOption.AllDirectories).Where(f => f.Contains("evidence", StringComparison.Ordinal)).Select(File.ReadAllText);

    private static Task<string> OfAsync(ComposeProject project, string service) =>
        DockerEngine.RunAsync(["ps", "-a", "-q", "--filter", $"label=com.docker.compose.project={project.Name}", "--filter", $"label=com.docker.compose.service={service}"]);

    private static async Task UntilAsync(ComposeProject project, string service, string state)
    {
        string id = await OfAsync(project, service);
        for (var until = DateTime.UtcNow.AddSeconds(30); await DockerEngine.RunAsync(["inspect", "--format", "{{.State.Status}}", id]) != state;)
        {
            if (DateTime.UtcNow > until) throw new TimeoutException($"{service} is not {state}");
            await Task.Delay(50);
        }
    }
}
