using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;

/// <summary>Removes the throw-away servers of runs that were killed. Called before the temporary folders are swept: stopping a server needs its data directory.</summary>
internal static class ThrowawaySweeper
{
    private static readonly TimeSpan s_docker = TimeSpan.FromSeconds(20);

    /// <summary>Removes them.</summary>
    /// <param name="host">The host.</param>
    /// <param name="containers">Containers too, not only clusters.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What was removed: folders of clusters, ids of containers.</returns>
    public static async Task<IReadOnlyList<string>> SweepAsync(HostContext host, bool containers, CancellationToken ct)
    {
        List<string> removed = [];
        foreach (ThrowawayRecord record in ThrowawayRecord.All(host.Temp).ToList())
        {
            if (OwnerMark.Parse(record.Owner)?.Look() is not (OwnerState.Gone or null)) continue;
            await record.StopAsync(host.Processes, ct).ConfigureAwait(false);
            try
            {
                TempSpace.Remove(record.Folder);
                record.Delete(host.Temp);
                removed.Add(record.Folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Still ending, or another user's: the record stays for the next run.
            }
        }

        if (containers) removed.AddRange(await SweepContainersAsync(host, ct).ConfigureAwait(false));
        foreach (string what in removed) host.Say(DrpEventLevel.Information, Text.Of(ThrowawayTexts.Swept, what));
        return removed;
    }

    /// <summary>Removes side containers whose owner is gone. They have ended with it; the volumes in them are those of others, and stay.</summary>
    public static Task<IReadOnlyList<string>> SweepSidesAsync(HostContext host, CancellationToken ct) => SweepContainersAsync(host, Physical.SideContainer.Label, Physical.SideContainer.Label, ["rm", "-f"], ct);

    private static Task<IReadOnlyList<string>> SweepContainersAsync(HostContext host, CancellationToken ct) =>
        SweepContainersAsync(host, $"{ThrowawayContainer.Label}=1", ThrowawayContainer.OwnerLabel, ["rm", "-f", "-v"], ct);

    private static async Task<IReadOnlyList<string>> SweepContainersAsync(HostContext host, string label, string owner, string[] remove, CancellationToken ct)
    {
        string docker = ContainerEngine.ProgramOf(host.Processes);
        if (host.Processes.Find(docker) is null) return [];
        List<string> removed = [];
        try
        {
            var list = new Command(docker, "ps", "-a", "--no-trunc", "--filter", $"label={label}", "--format", $$$"""{{.ID}} {{.Label "{{{owner}}}"}}""") { Timeout = s_docker };
            ProcessResult found = await host.Processes.RunAsync(list, ct).ConfigureAwait(false);
            if (!found.Ok) return [];
            foreach (string line in found.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] parts = line.Split(' ', 2);
                if (parts.Length < 2 || OwnerMark.Parse(parts[1])?.Look() != OwnerState.Gone) continue;
                ProcessResult gone = await host.Processes.RunAsync(new Command(docker, [.. remove, parts[0]]) { Timeout = s_docker }, ct).ConfigureAwait(false);
                if (gone.Ok) removed.Add(parts[0][..12]);
            }
        }
        catch (DrpException)
        {
            // Docker does not answer: what it holds is swept when it does.
        }

        return removed;
    }
}
