using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Chooses where a restore test runs.</summary>
internal static class ThrowawayServers
{
    /// <summary>Starts a server that fits the dump: production's image where the source was a container and Docker answers, else a throw-away cluster.</summary>
    public static async Task<IThrowawayServer> StartAsync(HostContext host, PostgreSqlFacts facts, RestoreTestPlan plan, RestoreTestWhere? asked, CancellationToken ct) =>
        InContainer(facts, plan, asked)
            ? await ThrowawayContainer.StartAsync(host, await ImageAsync(host, facts, plan, ct).ConfigureAwait(false), ct).ConfigureAwait(false)
            : await ThrowawayCluster.StartAsync(host, facts.Major, ct).ConfigureAwait(false);

    /// <summary>True for a container, false for a cluster of this machine's programs.</summary>
    public static bool InContainer(PostgreSqlFacts facts, RestoreTestPlan plan, RestoreTestWhere? asked) => (asked ?? plan.Where) switch
    {
        RestoreTestWhere.Container => true,
        RestoreTestWhere.Cluster => false,
        _ => plan.Image is not null || facts.Image is not null,
    };

    /// <summary>The image: the plan's, else production's.</summary>
    public static Task<ThrowawayImage> ImageAsync(HostContext host, PostgreSqlFacts facts, RestoreTestPlan plan, CancellationToken ct) =>
        ThrowawayImage.ChooseAsync(host, ContainerEngine.ProgramOf(host.Processes), plan.Image ?? facts.Image, plan.Image is null ? facts.ImageDigest : null, ct);
}
