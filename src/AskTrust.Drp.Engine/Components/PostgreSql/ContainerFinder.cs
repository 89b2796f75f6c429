using System.Text.Json;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>Finds the container a plan means: by name or id, or by the labels every Compose sets; never by a name made up from project and service.</summary>
internal static class ContainerFinder
{
    private const string ProjectLabel = "com.docker.compose.project";
    private const string ServiceLabel = "com.docker.compose.service";

    /// <summary>The program to drive containers with.</summary>
    public static string Program(IProcessRunner processes) => processes.Find("docker") is null && processes.Find("podman") is not null ? "podman" : "docker";

    /// <summary>The one running container the plan means.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: none runs; <see cref="DrpError.PlanInvalid"/>: several would fit, listed.</exception>
    public static async Task<ContainerInfo> FindAsync(PostgreSqlPlan plan, HostContext host, CancellationToken ct)
    {
        string docker = Program(host.Processes);
        string wanted = plan.Container ?? await FindServiceAsync(plan, docker, host, stoppedToo: false, ct).ConfigureAwait(false);
        return await InspectAsync(wanted, docker, host, ct).ConfigureAwait(false);
    }

    /// <summary>What Docker tells of the one container the plan means, which need not run; the caller disposes it.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there is none; <see cref="DrpError.PlanInvalid"/>: several would fit, listed.</exception>
    public static async Task<JsonDocument> LookAsync(PostgreSqlPlan plan, HostContext host, CancellationToken ct)
    {
        string docker = Program(host.Processes);
        return await ReadAsync(plan.Container ?? await FindServiceAsync(plan, docker, host, stoppedToo: true, ct).ConfigureAwait(false), docker, host, ct).ConfigureAwait(false);
    }

    private static async Task<JsonDocument> ReadAsync(string nameOrId, string docker, HostContext host, CancellationToken ct)
    {
        ProcessResult result = await host.Processes.RunAsync(new Command(docker, "container", "inspect", "--", nameOrId), ct).ConfigureAwait(false);
        if (!result.Ok)
        {
            throw result.Errors.Contains("o such", StringComparison.Ordinal)
                ? new DrpException(DrpError.Unreachable, Text.Of(PostgreSqlTexts.ContainerMissing, nameOrId)) { Hint = PostgreSqlTexts.ContainerMissingHint, Subject = nameOrId }
                : DockerFailed(docker, result);
        }

        return JsonDocument.Parse(result.Output);
    }

    /// <summary>Looks at one container.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/> when it is not there or does not run.</exception>
    public static async Task<ContainerInfo> InspectAsync(string nameOrId, string docker, HostContext host, CancellationToken ct)
    {
        using JsonDocument document = await ReadAsync(nameOrId, docker, host, ct).ConfigureAwait(false);
        JsonElement container = document.RootElement[0];
        string name = container.GetProperty("Name").GetString()!.TrimStart('/');
        if (!container.GetProperty("State").GetProperty("Running").GetBoolean())
            throw new DrpException(DrpError.Unreachable, Text.Of(PostgreSqlTexts.ContainerStopped, name)) { Hint = Text.Of(PostgreSqlTexts.ContainerStoppedHint, docker, name), Subject = name };
        JsonElement config = container.GetProperty("Config");
        string imageId = container.GetProperty("Image").GetString()!;
        return new ContainerInfo(container.GetProperty("Id").GetString()!, name, config.GetProperty("Image").GetString()!,
            await DigestAsync(imageId, docker, host, ct).ConfigureAwait(false), Variables(config));
    }

    private static async Task<string> FindServiceAsync(PostgreSqlPlan plan, string docker, HostContext host, bool stoppedToo, CancellationToken ct)
    {
        List<string> arguments = ["ps", .. stoppedToo ? ["-a"] : Array.Empty<string>(), "--no-trunc", "--filter", $"label={ServiceLabel}={plan.ComposeService}"];
        if (plan.ComposeProject is { } project) arguments.AddRange(["--filter", $"label={ProjectLabel}={project}"]);
        arguments.AddRange(["--format", $$$"""{{.ID}}|{{.Names}}|{{.Label "{{{ProjectLabel}}}"}}|{{.Label "com.docker.compose.oneoff"}}"""]);
        ProcessResult result = await host.Processes.RunAsync(new Command(docker, [.. arguments]), ct).ConfigureAwait(false);
        if (!result.Ok) throw DockerFailed(docker, result);
        string[][] running = [.. result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(l => l.Split('|')).Where(c => c.Length == 4 && !c[3].Equals("True", StringComparison.OrdinalIgnoreCase))];
        string wanted = plan.ComposeProject is null ? plan.ComposeService! : $"{plan.ComposeProject}/{plan.ComposeService}";
        return running switch
        {
            [var one] => one[0],
            [] => throw new DrpException(DrpError.Unreachable, Text.Of(PostgreSqlTexts.ServiceNotRunning, wanted))
            {
                Hint = Text.Of(PostgreSqlTexts.ServiceNotRunningHint, docker, ServiceLabel), Subject = wanted,
            },
            _ => throw new DrpException(DrpError.PlanInvalid,
                Text.Of(PostgreSqlTexts.ServiceAmbiguous, wanted, string.Join(", ", running.Select(c => $"{c[1]} ({c[2]})").Order(StringComparer.Ordinal))))
            {
                Hint = PostgreSqlTexts.ServiceAmbiguousHint, Subject = wanted,
            },
        };
    }

    private static async Task<string> DigestAsync(string imageId, string docker, HostContext host, CancellationToken ct)
    {
        ProcessResult result = await host.Processes.RunAsync(new Command(docker, "image", "inspect", "--format", "{{json .RepoDigests}}", imageId), ct).ConfigureAwait(false);
        // An image may have been removed under its running container: its id is still known.
        if (!result.Ok) return imageId;
        string[] digests = JsonSerializer.Deserialize<string[]>(result.Text) ?? [];
        return digests.Length == 0 ? imageId : digests[0][(digests[0].IndexOf('@', StringComparison.Ordinal) + 1)..];
    }

    private static Dictionary<string, string> Variables(JsonElement config)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!config.TryGetProperty("Env", out JsonElement list) || list.ValueKind != JsonValueKind.Array) return variables;
        foreach (JsonElement each in list.EnumerateArray())
        {
            string pair = each.GetString()!;
            int equal = pair.IndexOf('=', StringComparison.Ordinal);
            if (equal > 0) variables[pair[..equal]] = pair[(equal + 1)..];
        }

        return variables;
    }

    private static DrpException DockerFailed(string docker, ProcessResult result) =>
        new(DrpError.Unreachable, Text.Of(PostgreSqlTexts.DockerFailed, docker, result.Errors.Trim())) { Hint = PostgreSqlTexts.DockerFailedHint, IsTransient = true };
}
