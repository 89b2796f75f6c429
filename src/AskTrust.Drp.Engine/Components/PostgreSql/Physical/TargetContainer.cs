using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>A container whose volume a cluster is restored into; it need not run.</summary>
internal sealed record TargetContainer
{
    private const string DataVariable = "PGDATA";
    private const string DefaultData = "/var/lib/postgresql/data";

    /// <summary>Full id.</summary>
    public required string Id { get; init; }

    /// <summary>Name without the leading slash.</summary>
    public required string Name { get; init; }

    /// <summary>Id of its image.</summary>
    public required string ImageId { get; init; }

    /// <summary>True while it runs.</summary>
    public required bool Running { get; init; }

    /// <summary>Its <c>user:</c>; empty = the image's.</summary>
    public required string User { get; init; }

    /// <summary>Its data directory, a path inside: the image's PGDATA.</summary>
    public required string Data { get; init; }

    /// <summary>Folders inside that are volumes or folders of the host, each with what Docker calls it.</summary>
    public required IReadOnlyList<(string Folder, string Source)> Volumes { get; init; }

    /// <summary>Finds it.</summary>
    /// <param name="host">The host.</param>
    /// <param name="container">Name or id; null = the service.</param>
    /// <param name="service">Service of a Compose project.</param>
    /// <param name="project">The project; null = the only one with such a service.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there is none; <see cref="DrpError.PlanInvalid"/>: several would fit.</exception>
    public static async Task<TargetContainer> FindAsync(HostContext host, string? container, string? service, string? project, CancellationToken ct)
    {
        ContainerFacts found = await ContainerFinder.LookAsync(container, service, project, stoppedToo: true, host, ct).ConfigureAwait(false);
        return new TargetContainer
        {
            Id = found.Id, Name = found.Name, ImageId = found.ImageId, Running = found.IsRunning, User = found.User,
            Data = (found.Environment.GetValueOrDefault(DataVariable) ?? DefaultData).TrimEnd('/'),
            Volumes = [.. found.Mounts.Where(m => m.Type is "volume" or "bind").Select(m => (m.Destination, m.Volume ?? m.Source))],
        };
    }

    /// <summary>The volume a folder inside lies on; null when it is in the container's own layer.</summary>
    public (string Folder, string Source)? VolumeOf(string folder)
    {
        var on = Volumes.Where(v => folder == v.Folder || folder.StartsWith(v.Folder.TrimEnd('/') + "/", StringComparison.Ordinal)).ToList();
        return on.Count == 0 ? null : on.MaxBy(v => v.Folder.Length);
    }
}
