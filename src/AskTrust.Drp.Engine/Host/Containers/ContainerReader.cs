using System.Globalization;
using System.Text.Json;

namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>Reads what <c>container inspect</c> of docker or podman writes.</summary>
internal static class ContainerReader
{
    /// <summary>One container.</summary>
    public static ContainerFacts Read(JsonElement container)
    {
        JsonElement state = container.GetProperty("State"), config = container.GetProperty("Config");
        JsonElement? health = Child(state, "Health") ?? Child(state, "Healthcheck");
        return new ContainerFacts
        {
            Id = container.GetProperty("Id").GetString()!,
            Name = TextOf(container, "Name").TrimStart('/'),
            Image = TextOf(config, "Image"),
            ImageId = TextOf(container, "Image"),
            State = StateOf(TextOf(state, "Status")),
            Health = health is { } h ? HealthOf(TextOf(h, "Status")) : ContainerHealth.None,
            HealthOutput = health is { } checks && Child(checks, "Log") is { ValueKind: JsonValueKind.Array } log && log.GetArrayLength() > 0 ? TextOf(log[log.GetArrayLength() - 1], "Output").Trim() : null,
            ExitCode = Number(state, "ExitCode"),
            Restarts = Number(container, "RestartCount"),
            Created = Moment(container, "Created") ?? DateTimeOffset.MinValue,
            Started = Moment(state, "StartedAt"),
            Finished = Moment(state, "FinishedAt"),
            User = TextOf(config, "User"),
            StopGrace = Child(config, "StopTimeout") is { ValueKind: JsonValueKind.Number } ? TimeSpan.FromSeconds(Number(config, "StopTimeout")) : null,
            Mounts = [.. List(container, "Mounts").Select(MountOf)],
            Environment = Pairs(List(config, "Env").Select(e => e.GetString()!)),
            Labels = Child(config, "Labels") is { ValueKind: JsonValueKind.Object } labels
                ? labels.EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString() ?? "", StringComparer.Ordinal) : new Dictionary<string, string>(StringComparer.Ordinal),
        };
    }

    private static ContainerMount MountOf(JsonElement mount)
    {
        string type = TextOf(mount, "Type"), name = TextOf(mount, "Name");
        return new ContainerMount(type, type == "volume" && name.Length > 0 ? name : null, TextOf(mount, "Source"), TextOf(mount, "Destination"),
            Child(mount, "RW") is not { ValueKind: JsonValueKind.False });
    }

    private static ContainerState StateOf(string word) => word switch
    {
        "created" or "configured" or "initialized" => ContainerState.Created,
        "running" => ContainerState.Running,
        "paused" => ContainerState.Paused,
        "restarting" => ContainerState.Restarting,
        "exited" or "stopped" => ContainerState.Exited,
        "dead" or "removing" => ContainerState.Dead,
        _ => ContainerState.Unknown,
    };

    private static ContainerHealth HealthOf(string word) => word switch
    {
        "healthy" => ContainerHealth.Healthy,
        "unhealthy" => ContainerHealth.Unhealthy,
        "starting" => ContainerHealth.Starting,
        _ => ContainerHealth.None,
    };

    private static Dictionary<string, string> Pairs(IEnumerable<string> lines)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            int equal = line.IndexOf('=', StringComparison.Ordinal);
            if (equal > 0) pairs[line[..equal]] = line[(equal + 1)..];
        }

        return pairs;
    }

    private static JsonElement? Child(JsonElement of, string name) => of.TryGetProperty(name, out JsonElement child) && child.ValueKind != JsonValueKind.Null ? child : null;

    private static IEnumerable<JsonElement> List(JsonElement of, string name) => Child(of, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    private static string TextOf(JsonElement of, string name) => Child(of, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    private static int Number(JsonElement of, string name) => Child(of, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int value) ? value : 0;

    /// <summary>Never started is written as the year 1.</summary>
    private static DateTimeOffset? Moment(JsonElement of, string name) =>
        DateTimeOffset.TryParse(TextOf(of, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) && moment.Year > 1 ? moment : null;
}
