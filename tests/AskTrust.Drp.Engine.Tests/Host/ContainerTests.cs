using System.Text.Json;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Tests.Host;

public sealed class ContainerTests
{
    private static readonly Dictionary<string, string> s_nothing = [];

    [Fact]
    public void Services_come_after_what_they_depend_on_and_circles_end()
    {
        Assert.Equal(["db", "app", "cache", "web"], Order(("db", ""), ("web", "app,cache"), ("app", "db"), ("cache", "")));
        Assert.Equal(["b", "a"], Order(("a", "b"), ("b", "a")));
        Assert.Equal(["a"], Order(("a", "not-there")));
    }

    [Fact]
    public void The_label_of_compose_is_read_in_each_of_its_forms()
    {
        var read = ServiceOrder.ReadLabel("db:service_healthy:false,cache:service_started,plain");
        Assert.Equal([("db", "service_healthy"), ("cache", "service_started"), ("plain", "service_started")], read.Select(p => (p.Key, p.Value)));
        Assert.Empty(ServiceOrder.ReadLabel(""));
    }

    [Fact]
    public void What_a_service_needs_is_read_also_where_it_is_not_called_so()
    {
        var needs = ComposeConfig.Dependencies(new StringReader("""
            services:
              a: { depends_on: [b, c] }
              b: { depends_on: { c: { condition: service_healthy } }, links: ["d:alias"], volumes_from: ["e:ro", "container:x"] }
              c: { network_mode: "service:d" }
              d: {}
            """));
        Assert.Equal(["b", "c"], needs["a"].Keys);
        Assert.Equal("service_healthy", needs["b"]["c"]);
        Assert.Equal(["c", "d", "e"], needs["b"].Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["d"], needs["c"].Keys);
        Assert.Empty(needs["d"]);
        Assert.Empty(ComposeConfig.Dependencies(new StringReader("")));
    }

    [Fact]
    public void Podman_writes_a_container_a_little_differently()
    {
        using var document = JsonDocument.Parse("""
            { "Id": "1", "Name": "shop_db_1", "Image": "abc", "RestartCount": 2, "Created": "2026-11-21T10:00:00.5+01:00",
              "State": { "Status": "stopped", "ExitCode": 137, "StartedAt": "0001-01-01T00:00:00Z", "Healthcheck": { "Status": "unhealthy", "Log": [{ "Output": "no\n" }] } },
              "Config": { "Image": "postgres:15", "Env": ["A=b=c"], "Labels": null }, "Mounts": null }
            """);
        ContainerFacts container = ContainerReader.Read(document.RootElement);
        Assert.Equal((ContainerState.Exited, ContainerHealth.Unhealthy, "no", 137, 2), (container.State, container.Health, container.HealthOutput, container.ExitCode, container.Restarts));
        Assert.Null(container.Started);
        Assert.Equal("b=c", container.Environment["A"]);
        Assert.Empty(container.Mounts);
        Assert.Null(container.Project);
    }

    [Fact]
    public void What_containers_and_their_engine_take_is_read_from_figures_for_people()
    {
        var (id, load) = EngineUse.Load("5fc30a\t104.25%\t56.74MiB / 1GiB\t1.5kB / 876B\t12.3MB / 0B\t7")!.Value;
        Assert.Equal("5fc30a", id);
        Assert.Equal(new ContainerLoad { Name = id, CpuPercent = 104.25, Memory = 59_496_202, MemoryLimit = 1L << 30, Received = 1500, Sent = 876, Read = 12_300_000, Written = 0, Processes = 7 }, load);
        // It has just ended.
        Assert.Equal(new ContainerLoad { Name = "1" }, EngineUse.Load("1\t--\t-- / --\t--\t--\t--")!.Value.Load);
        Assert.Null(EngineUse.Load("something else"));
        Assert.Equal(new EngineDiskUse { Kind = "Local Volumes", Count = 31, Active = 1, Size = 121_500_000, Reclaimable = 0 }, EngineUse.Disk("Local Volumes\t31\t1\t121.5MB\t0B (0%)"));
        Assert.Equal(350_100_000, EngineUse.Disk("Images\t7\t1\t522.1MB\t350.1MB (67%)")!.Reclaimable);
        Assert.Equal("{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}", EngineUse.DiskFormat("docker"));
    }

    private static IEnumerable<string> Order(params (string Name, string Needs)[] services) => ServiceOrder.Of(
        [.. services.Select(s => new ComposeService(s.Name, [], s.Needs.Length == 0 ? s_nothing : s.Needs.Split(',').ToDictionary(n => n, _ => "service_started", StringComparer.Ordinal)))]).Select(s => s.Name);
}
