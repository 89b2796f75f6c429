using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Chooses where a restore test runs.</summary>
internal static class ThrowawayServers
{
    /// <summary>Starts a server that fits the dump: production's image where the source was a container and Docker answers, else a throw-away cluster.</summary>
    public static async Task<IThrowawayServer> StartAsync(HostContext host, PostgreSqlFacts facts, RestoreTestPlan plan, RestoreTestWhere? asked, CancellationToken ct)
    {
        RestoreTestWhere where = asked ?? plan.Where;
        bool container = where switch
        {
            RestoreTestWhere.Container => true,
            RestoreTestWhere.Cluster => false,
            _ => plan.Image is not null || facts.Image is not null,
        };
        return container
            ? await ThrowawayContainer.StartAsync(host, plan.Image ?? facts.Image, plan.Image is null ? facts.ImageDigest : null, ct).ConfigureAwait(false)
            : await ThrowawayCluster.StartAsync(host, facts.Major, ct).ConfigureAwait(false);
    }
}
