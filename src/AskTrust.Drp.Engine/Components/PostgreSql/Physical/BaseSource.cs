using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>A whole cluster as a source of base backups.</summary>
/// <param name="plan">A component whose database is in it.</param>
/// <param name="planFile">Path of the plan, for the checks.</param>
/// <param name="host">The outside world.</param>
internal sealed class BaseSource(PostgreSqlPlan plan, string planFile, HostContext host) : IComponentSource
{
    /// <inheritdoc/>
    public string Name => plan.Name;

    /// <summary>The component.</summary>
    public PostgreSqlPlan Plan => plan;

    /// <summary>What the backup builds on, and where it leaves the server's file list; null = everything, and nowhere.</summary>
    public BaseOn? On { get; set; }

    /// <summary>How archives are to be compressed, should the server do it.</summary>
    public CompressionPlan Compression { get; set; } = new() { Kind = CompressionKind.None };

    /// <inheritdoc/>
    public bool BuildsOn => true;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PlanCheck>> ProbeAsync(CancellationToken ct)
    {
        long start = host.Clock.GetTimestamp();
        var check = new PlanCheck { Plan = planFile, Subject = $"component {plan.Name}", Check = "base backup", Verdict = CheckVerdict.Ok, Message = "" };
        try
        {
            IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(plan, host, ct).ConfigureAwait(false);
            await using var _ = server.ConfigureAwait(false);
            ClusterFacts facts = await ClusterFacts.ReadAsync(server, ct).ConfigureAwait(false);
            facts.Require(server);
            if (server.CanReplicate) await new BaseStream(plan, server, null, Compression, host).TryAsync(ct).ConfigureAwait(false);
            else await BaseProgram.VersionAsync(server, host, ct).ConfigureAwait(false);
            if (plan.BaseBackup.Full is not null && await WalSummaries.ProblemAsync(server, ct).ConfigureAwait(false) is { } why)
            {
                return [check with { Verdict = CheckVerdict.Warning, Message = Text.Of(PhysicalTexts.IncrementalNot, plan.Name, why), Hint = server.Major < WalSummaries.Since ? null : PhysicalTexts.SummariesOffHint, Elapsed = host.Clock.GetElapsedTime(start) }];
            }

            check = check with
            {
                Message = Text.Of(PhysicalTexts.ProbeBase, facts.Senders.Allowed - facts.Senders.Used, facts.Senders.Allowed, facts.DataChecksums ? PhysicalTexts.ChecksumsOn : PhysicalTexts.ChecksumsOff),
            };
        }
        catch (DrpException e)
        {
            check = check with { Verdict = CheckVerdict.Failed, Message = e.Message, Hint = e.Hint, Code = e.Code };
        }

        return [check with { Elapsed = host.Clock.GetElapsedTime(start) }];
    }

    /// <summary>The size of the cluster; unknown when only what changed will be saved.</summary>
    public async Task<long?> EstimateAsync(CancellationToken ct)
    {
        if (On?.Before is not null) return null;
        IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(plan, host, ct).ConfigureAwait(false);
        await using var _ = server.ConfigureAwait(false);
        return (await ClusterFacts.ReadAsync(server, ct).ConfigureAwait(false)).Size;
    }

    /// <inheritdoc/>
    public async Task<IComponentBackup> BeginAsync(CancellationToken ct)
    {
        IPostgreSqlServer server = await PostgreSqlServers.ConnectAsync(plan, host, ct).ConfigureAwait(false);
        try
        {
            return await BaseBackup.BeginAsync(plan, server, On, Compression, host, ct).ConfigureAwait(false);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
