using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>What is shown of a service at one moment.</summary>
internal static class Snapshots
{
    /// <summary>Worse states come later.</summary>
    private static readonly ContainerState[] s_worse = [ContainerState.Running, ContainerState.Paused, ContainerState.Created, ContainerState.Exited, ContainerState.Restarting, ContainerState.Dead, ContainerState.Unknown];

    /// <summary>Of its containers the worst.</summary>
    public static ServiceSnapshot Of(string service, IReadOnlyList<ContainerFacts> containers)
    {
        if (containers.Count == 0) return new ServiceSnapshot { Service = service, Container = "–", State = ContainerState.Unknown };
        ContainerFacts worst = containers.MaxBy(c => (Array.IndexOf(s_worse, c.State), (int)c.Health))!;
        return new ServiceSnapshot
        {
            Service = service, Container = string.Join(", ", containers.Select(c => c.Name).Order(StringComparer.Ordinal)), State = worst.State, Health = worst.Health, Image = worst.Image,
            ImageDigest = worst.ImageDigest, Started = worst.Started, ExitCode = worst.ExitCode,
            Volumes = [.. containers.SelectMany(c => c.Mounts).Select(m => m.Volume).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        };
    }
}
