using System.Globalization;
using System.Text.Json;

namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>
/// The container engine through its program: <c>docker</c> (which honours contexts and <c>DOCKER_HOST</c>), or <c>podman</c> where only that is there.
/// Each call has a time limit: an engine that hangs must not hang us.
/// </summary>
internal sealed class ContainerEngine(HostContext host)
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(60);

    /// <summary>The program.</summary>
    public string Program { get; } = ProgramOf(host.Processes);

    /// <summary>The program to drive containers with.</summary>
    public static string ProgramOf(IProcessRunner processes) => processes.Find("docker") is null && processes.Find("podman") is not null ? "podman" : "docker";

    /// <summary>Runs it.</summary>
    /// <param name="ct">Cancels.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it printed, trimmed.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/> when it fails, with what it said.</exception>
    public Task<string> RunAsync(CancellationToken ct, params IReadOnlyList<string> arguments) => RunAsync(s_look, ct, arguments);

    /// <summary>As <see cref="RunAsync(CancellationToken, IReadOnlyList{string})"/>, with another time limit.</summary>
    public async Task<string> RunAsync(TimeSpan limit, CancellationToken ct, params IReadOnlyList<string> arguments)
    {
        ProcessResult result = await TryAsync(limit, ct, arguments).ConfigureAwait(false);
        return result.Ok ? result.Text.Trim() : throw Failed(result);
    }

    /// <summary>Runs it; failing is an answer.</summary>
    public Task<ProcessResult> TryAsync(TimeSpan? limit, CancellationToken ct, params IReadOnlyList<string> arguments) =>
        host.Processes.RunAsync(new Command(Program, arguments) { Timeout = limit ?? s_look }, ct);

    /// <summary>
    /// Stops containers, all at once. What was told to end ends, whether somebody waits for it or not, and what has not ended yet cannot be started again: a cancelled call
    /// comes back when they have ended, so that whoever clears up behind it can start them.
    /// </summary>
    /// <param name="ids">The containers; one that does not run is left alone.</param>
    /// <param name="grace">How long each gets before its engine kills it; null = what its own configuration says, else 10 seconds.</param>
    /// <param name="limit">How long we wait for all of that.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: it does not work, or not in that time.</exception>
    public async Task StopAsync(IReadOnlyCollection<string> ids, TimeSpan? grace, TimeSpan limit, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        string[] time = grace is { } g ? ["-t", ((int)Math.Ceiling(g.TotalSeconds)).ToString(CultureInfo.InvariantCulture)] : [];
        if (ids.Count > 0) await RunAsync(limit, CancellationToken.None, ["stop", .. time, .. ids]).ConfigureAwait(false);
        ct.ThrowIfCancellationRequested();
    }

    /// <summary>Looks at one container, which need not run.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there is none of that name or id.</exception>
    public async Task<ContainerFacts> InspectAsync(string nameOrId, CancellationToken ct) =>
        (await InspectAsync([nameOrId], ct).ConfigureAwait(false)) is [var found, ..] ? found
        : throw new DrpException(DrpError.Unreachable, Text.Of(ContainerTexts.ContainerMissing, nameOrId)) { Hint = Text.Of(ContainerTexts.ContainerMissingHint, Program), Subject = nameOrId };

    /// <summary>Looks at containers; what has gone in between is left out.</summary>
    public async Task<IReadOnlyList<ContainerFacts>> InspectAsync(IReadOnlyCollection<string> namesOrIds, CancellationToken ct)
    {
        if (namesOrIds.Count == 0) return [];
        ProcessResult result = await TryAsync(null, ct, ["container", "inspect", "--", .. namesOrIds]).ConfigureAwait(false);
        if (!result.Ok && !IsMissing(result)) throw Failed(result);
        using JsonDocument document = JsonDocument.Parse(result.Output.Length == 0 ? "[]"u8.ToArray() : result.Output);
        ContainerFacts[] found = [.. document.RootElement.EnumerateArray().Select(ContainerReader.Read)];
        var digests = await DigestsAsync([.. found.Select(f => f.ImageId).Distinct(StringComparer.Ordinal)], ct).ConfigureAwait(false);
        // An image may have been removed under its running container: its id is still known.
        return [.. found.Select(f => f with { ImageDigest = digests.GetValueOrDefault(f.ImageId) ?? f.ImageId })];
    }

    /// <summary>Ids of the containers that fit every filter (<c>label=…</c>, <c>volume=…</c>), also of those that do not run.</summary>
    public async Task<IReadOnlyList<string>> IdsAsync(CancellationToken ct, params IReadOnlyList<string> filters)
    {
        string ids = await RunAsync(ct, ["ps", "-a", "-q", "--no-trunc", .. filters.SelectMany(f => new[] { "--filter", f })]).ConfigureAwait(false);
        return ids.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>The last lines a container wrote, without the secrets of this session.</summary>
    public async Task<string> LastWordsAsync(string id, int lines, CancellationToken ct)
    {
        ProcessResult logs = await TryAsync(null, ct, "logs", "--tail", lines.ToString(CultureInfo.InvariantCulture), id).ConfigureAwait(false);
        return host.Redactor.Clean((logs.Text + logs.Errors).Trim());
    }

    /// <summary>True when the engine runs on this machine, and its paths are ours.</summary>
    /// <param name="folder">A folder that the engine knows, e.g. of a project: inside a container its being there tells that the paths are the same.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> IsHereAsync(string? folder, CancellationToken ct)
    {
        if ((File.Exists("/.dockerenv") || File.Exists("/run/.containerenv")) && !Directory.Exists(folder)) return false;
        if (Program == "podman") return Environment.GetEnvironmentVariable("CONTAINER_HOST") is null or "";
        ProcessResult context = await TryAsync(null, ct, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}").ConfigureAwait(false);
        return context.Ok && (context.Text.StartsWith("unix:", StringComparison.Ordinal) || context.Text.StartsWith("npipe:", StringComparison.Ordinal));
    }

    /// <summary>Which of these volumes there are.</summary>
    public async Task<IReadOnlyList<string>> VolumesAsync(IEnumerable<string> names, CancellationToken ct)
    {
        string all = await RunAsync(ct, "volume", "ls", "-q").ConfigureAwait(false);
        var there = all.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
        return [.. names.Distinct(StringComparer.Ordinal).Where(there.Contains)];
    }

    /// <summary>What the program said, as an error.</summary>
    public DrpException Failed(ProcessResult result, string? subject = null) =>
        new(DrpError.Unreachable, Text.Of(ContainerTexts.EngineFailed, Program, host.Redactor.Clean(result.Errors.Trim()))) { Hint = ContainerTexts.EngineFailedHint, IsTransient = true, Subject = subject };

    /// <summary>True when what was asked for is not there, in the words of docker (two generations) and podman.</summary>
    internal static bool IsMissing(ProcessResult result) => result.Errors.Contains("o such", StringComparison.Ordinal);

    private async Task<Dictionary<string, string>> DigestsAsync(IReadOnlyList<string> images, CancellationToken ct)
    {
        var digests = new Dictionary<string, string>(StringComparer.Ordinal);
        if (images.Count == 0) return digests;
        ProcessResult result = await TryAsync(null, ct, ["image", "inspect", "--format", "{{.Id}} {{json .RepoDigests}}", .. images]).ConfigureAwait(false);
        foreach (string[] parts in result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Trim().Split(' ', 2)).Where(p => p.Length == 2))
        {
            if (JsonSerializer.Deserialize<string[]>(parts[1]) is [var first, ..]) digests[parts[0]] = first[(first.IndexOf('@', StringComparison.Ordinal) + 1)..];
        }

        return digests;
    }
}
