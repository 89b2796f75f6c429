namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>Stops, starts, freezes containers, and waits until they are well. Nothing is ever removed.</summary>
internal sealed class ServiceControl(HostContext host)
{
    /// <summary>What docker and podman give a container that says nothing.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    /// <summary>What a container without a health check must run on end to count as up.</summary>
    private static readonly TimeSpan s_steady = TimeSpan.FromSeconds(1);

    private readonly ContainerEngine _engine = new(host);

    /// <summary>Stops containers, all at once; one that has not ended after the grace is killed by its engine. Those that do not run are left alone.</summary>
    /// <param name="containers">The containers.</param>
    /// <param name="grace">How long each gets; null = what its own configuration says (Compose: <c>stop_grace_period</c>), else 10 seconds.</param>
    /// <param name="ct">Cancels.</param>
    public Task StopAsync(IEnumerable<ContainerFacts> containers, TimeSpan? grace, CancellationToken ct)
    {
        ContainerFacts[] all = [.. containers];
        TimeSpan longest = grace ?? all.Select(c => c.StopGrace ?? s_grace).DefaultIfEmpty(s_grace).Max();
        return _engine.StopAsync([.. all.Select(c => c.Id)], grace, longest + TimeSpan.FromSeconds(60), ct);
    }

    /// <summary>Starts containers that do not run.</summary>
    public Task StartAsync(IEnumerable<ContainerFacts> containers, CancellationToken ct) => EachAsync(containers, TimeSpan.FromMinutes(2), ct, "start");

    /// <summary>Freezes the processes of containers; they keep their memory and their connections.</summary>
    public Task PauseAsync(IEnumerable<ContainerFacts> containers, CancellationToken ct) => EachAsync(containers, TimeSpan.FromMinutes(1), ct, "pause");

    /// <summary>Lets them go on.</summary>
    public Task UnpauseAsync(IEnumerable<ContainerFacts> containers, CancellationToken ct) => EachAsync(containers, TimeSpan.FromMinutes(1), ct, "unpause");

    /// <summary>
    /// Waits until each container is up: its health check passes; without one, it has run for a second; or it did its work and ended with code 0.
    /// </summary>
    /// <param name="containers">The containers.</param>
    /// <param name="deadline">How long at most.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="ended">True: to be up is to have done its work and ended.</param>
    /// <returns>The containers as they are then.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: one ended, or is not up by then; with its check's and its own last words.</exception>
    public async Task<IReadOnlyList<ContainerFacts>> WaitAsync(IReadOnlyList<ContainerFacts> containers, TimeSpan deadline, CancellationToken ct, bool ended = false)
    {
        string[] ids = [.. containers.Select(c => c.Id)];
        long began = host.Clock.GetTimestamp();
        // By our own watch: the engine may be on a machine whose clock is not ours.
        Dictionary<string, (DateTimeOffset? Started, long Seen)> runs = new(StringComparer.Ordinal);
        while (true)
        {
            var now = await _engine.InspectAsync(ids, ct).ConfigureAwait(false);
            if (now.Count < ids.Length) throw await NeverAsync(containers.First(c => now.All(n => n.Id != c.Id)), deadline, ct).ConfigureAwait(false);
            foreach (ContainerFacts container in now)
                if (!runs.TryGetValue(container.Id, out var run) || run.Started != container.Started) runs[container.Id] = (container.Started, host.Clock.GetTimestamp());
            ContainerFacts? not = now.FirstOrDefault(c => ended ? c is not { State: ContainerState.Exited, ExitCode: 0 } : !IsUp(c, host.Clock.GetElapsedTime(runs[c.Id].Seen)));
            if (not is null) return now;
            // Compose runs on through a health check that failed once; an end without a restart policy is final.
            if (now.FirstOrDefault(c => c is { State: ContainerState.Exited, ExitCode: not 0 } or { State: ContainerState.Dead }) is { } gone) throw await NeverAsync(gone, deadline, ct).ConfigureAwait(false);
            if (host.Clock.GetElapsedTime(began) >= deadline) throw await NeverAsync(not, deadline, ct).ConfigureAwait(false);
            await Task.Delay(s_look, host.Clock, ct).ConfigureAwait(false);
        }
    }

    private static bool IsUp(ContainerFacts container, TimeSpan ran) => container switch
    {
        { State: ContainerState.Exited, ExitCode: 0 } => true,
        { State: ContainerState.Running, Health: ContainerHealth.Healthy } => true,
        { State: ContainerState.Running, Health: ContainerHealth.None } => ran >= s_steady,
        _ => false,
    };

    private async Task<DrpException> NeverAsync(ContainerFacts container, TimeSpan deadline, CancellationToken ct)
    {
        ContainerFacts now = await _engine.InspectAsync([container.Id], ct).ConfigureAwait(false) is [var there, ..] ? there : container with { State = ContainerState.Dead };
        string[] words = [await _engine.LastWordsAsync(container.Id, 5, ct).ConfigureAwait(false), host.Redactor.Clean(now.HealthOutput ?? "")];
        string service = now.Service ?? now.Name, said = string.Join('\n', words.Where(w => w.Length > 0).Distinct(StringComparer.Ordinal));
        string message = now.State == ContainerState.Running
            ? Text.Of(ContainerTexts.NeverHealthy, service, now.Name, ProcessRunner.Seconds(deadline), said)
            : Text.Of(ContainerTexts.DoesNotRun, service, now.Name, now.State.ToString().ToLowerInvariant(), now.ExitCode, said);
        return new DrpException(DrpError.Failed, message.TrimEnd()) { Subject = service, Hint = Text.Of(ContainerTexts.NeverHealthyHint, _engine.Program, now.Name) };
    }

    private async Task EachAsync(IEnumerable<ContainerFacts> containers, TimeSpan limit, CancellationToken ct, params IReadOnlyList<string> command)
    {
        string[] ids = [.. containers.Select(c => c.Id)];
        if (ids.Length > 0) await _engine.RunAsync(limit, ct, [.. command, .. ids]).ConfigureAwait(false);
    }
}
