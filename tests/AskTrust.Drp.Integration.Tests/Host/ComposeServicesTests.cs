using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Host;

/// <summary>Compose projects of both generations, seen by their labels.</summary>
public sealed class ComposeServicesTests : IDisposable
{
    private const string Stack = """
        version: "2.4"
        services:
          web:
            image: debian:bookworm-slim
            command: &serve ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"]
            depends_on: [app]
          app:
            image: debian:bookworm-slim
            command: *serve
            volumes: ["state:/state", "./conf:/conf:ro"]
            healthcheck: { test: "test -e /state/ok || { echo not yet; exit 1; }", interval: 1s, timeout: 30s, retries: 100 }
            depends_on: { base: { condition: service_started } }
          base:
            image: debian:bookworm-slim
            command: *serve
          once:
            image: debian:bookworm-slim
            command: ["sh", "-c", "exit 0"]
        volumes: { state: {} }
        """;

    private readonly TestContext _context = new();

    public void Dispose() => _context.Dispose();

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_project_is_read_by_its_labels_and_driven_in_order(bool second)
    {
        await using var project = await ComposeProject.UpAsync(Stack, second);
        var services = new ComposeServices(_context.Host);
        var control = new ServiceControl(_context.Host);
        Assert.Contains(project.Name, await services.ProjectsAsync(default));
        ComposeStack stack = await services.ReadAsync(project.Name, default);
        Assert.True(stack.OrderKnown);
        Assert.Equal(["app", "base", "once", "web"], stack.Services.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["base", "app", "web"], stack.Services.Select(s => s.Name).Where(n => n != "once"));
        Assert.Equal([project.File], stack.Files);
        Assert.Equal([$"{project.Name}_state"], stack.Volumes);
        Assert.Equal(["web"], stack.Dependents(["app"]).Select(s => s.Name));
        ContainerFacts app = Assert.Single(stack.Service("app").Containers);
        Assert.Equal((ContainerState.Running, true), (app.State, app.ImageDigest.StartsWith("sha256:", StringComparison.Ordinal)));
        Assert.Equal(["/conf False", "/state True"], app.Mounts.Select(m => $"{m.Destination} {m.Writable}").Order(StringComparer.Ordinal));

        // Not well: said with what its check says, once it has said something. Then well.
        for (var until = DateTime.UtcNow.AddMinutes(1); DateTime.UtcNow < until && !(await DockerEngine.RunAsync(["inspect", "--format", "{{json .State.Health.Log}}", app.Id])).Contains("not yet", StringComparison.Ordinal);)
            await Task.Delay(100);
        var never = await Assert.ThrowsAsync<DrpException>(() => control.WaitAsync([app], TimeSpan.FromSeconds(3), default));
        Assert.Equal((DrpError.Failed, "app"), (never.Code, never.Subject));
        Assert.Contains("not yet", never.Message, StringComparison.Ordinal);
        await DockerEngine.RunAsync(["exec", app.Id, "touch", "/state/ok"]);
        ContainerFacts[] all = [.. stack.Services.SelectMany(s => s.Containers)];
        Assert.All(await control.WaitAsync(all, TimeSpan.FromSeconds(30), default), c => Assert.True(c.Health is ContainerHealth.Healthy or ContainerHealth.None));

        await control.PauseAsync([app], default);
        Assert.Equal(ContainerState.Paused, (await services.OneAsync(project.Name, "app", stoppedToo: false, default)).State);
        await control.UnpauseAsync([app], default);
        await control.StopAsync([app], TimeSpan.FromSeconds(10), default);
        ContainerFacts stopped = await services.OneAsync(project.Name, "app", stoppedToo: true, default);
        Assert.Equal((ContainerState.Exited, 0), (stopped.State, stopped.ExitCode));
        Assert.Equal(DrpError.Unreachable, (await Assert.ThrowsAsync<DrpException>(() => services.OneAsync(project.Name, "app", stoppedToo: false, default))).Code);
        await control.StartAsync([app], default);
        Assert.True((await control.WaitAsync([app], TimeSpan.FromSeconds(30), default))[0].Started > app.Started);

        Assert.Equal(DrpError.PlanInvalid, Assert.Throws<DrpException>(() => stack.Service("nobody")).Code);
        Assert.Equal("nobody", (await Assert.ThrowsAsync<DrpException>(() => services.ReadAsync("nobody", default))).Subject);
    }
}
