using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Stops and starts the target's own container.</summary>
internal sealed class ContainerControl(HostContext host, TargetContainer target)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_start = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_stop = TimeSpan.FromMinutes(10);
    private readonly ContainerEngine _engine = new(host);

    /// <summary>Other containers that run with one of these volumes.</summary>
    public async Task<IReadOnlyList<string>> OthersAsync(IEnumerable<string> volumes, CancellationToken ct)
    {
        SortedSet<string> names = new(StringComparer.Ordinal);
        foreach (string volume in volumes.Distinct(StringComparer.Ordinal))
        {
            string found = await _engine.RunAsync(ct, "ps", "--no-trunc", "--filter", $"volume={volume}", "--format", "{{.ID}} {{.Names}} {{.Label \"" + SideContainer.Label + "\"}}").ConfigureAwait(false);
            foreach (string[] parts in found.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Trim().Split(' ')))
            {
                if (parts[0] != target.Id && parts.Length == 2) names.Add(parts[1]);
            }
        }

        return [.. names];
    }

    /// <summary>Stops it in order, however long that takes the server.</summary>
    public Task StopAsync(CancellationToken ct) => _engine.StopAsync([target.Id], s_stop, s_stop + TimeSpan.FromMinutes(1), ct);

    /// <summary>Starts it, and waits until its server accepts connections.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: it ended, or does not come up; with its last words.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        await _engine.RunAsync(ct, "start", target.Id).ConfigureAwait(false);
        long began = host.Clock.GetTimestamp();
        while (true)
        {
            if ((await _engine.TryAsync(null, ct, "exec", target.Id, "pg_isready", "-q").ConfigureAwait(false)).Ok) return;
            string running = await _engine.RunAsync(ct, "container", "inspect", "--format", "{{.State.Running}}", target.Id).ConfigureAwait(false);
            if (running != "true" || host.Clock.GetElapsedTime(began) > s_start)
            {
                string said = await _engine.LastWordsAsync(target.Id, 10, ct).ConfigureAwait(false);
                throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.TargetDoesNotStart, target.Name, said)) { Subject = target.Name };
            }

            await Task.Delay(s_look, host.Clock, ct).ConfigureAwait(false);
        }
    }
}
