using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Components.PostgreSql.Pair;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>Tells how each pair stands, and remembers where its primary was.</summary>
internal sealed class PrimaryStatusRun(OperationContext context)
{
    /// <summary>One result for each component with a pair.</summary>
    public async IAsyncEnumerable<PrimaryStatus> RunAsync(string? component, [EnumeratorCancellation] CancellationToken ct)
    {
        IEnumerable<PairComponent> all = component is null ? PairComponent.All(context) : [PairComponent.Find(context, component)];
        foreach (PairComponent one in all) yield return one.Pair.Patroni is null ? await OfPairAsync(one, ct).ConfigureAwait(false) : await OfPatroniAsync(one, ct).ConfigureAwait(false);
    }

    private async Task<PrimaryStatus> OfPairAsync(PairComponent component, CancellationToken ct)
    {
        PairView view = await PairView.AskAsync(context, component, ct).ConfigureAwait(false);
        await using var _ = view.ConfigureAwait(false);
        var journal = new SwitchJournal(context, component.Name);
        SwitchEntry? unfinished = await journal.ReadAsync(ct).ConfigureAwait(false);
        PairNode? primary = view.Primary, standby = primary is null ? null : view.Other(primary);
        List<string> failed = [], warned = [];
        if (view.IsSplit) failed.Add(PrimaryTexts.Split);
        foreach (PairNode node in view.Nodes)
        {
            if (node.Error is { } error) failed.Add(Text.Of(PrimaryTexts.NodeSilent, node.Name, error.Message));
            else if (view.IsStale(node) && !view.IsSplit) failed.Add(Text.Of(PrimaryTexts.NodeStale, node.Name, primary?.Name ?? view.Last!.Primary, view.Epoch));
        }

        if (primary is null && !view.IsSplit) failed.Add(PrimaryTexts.NoPrimary);
        long? behind = null;
        TimeSpan? lag = null;
        if (standby?.State is { IsStandby: true } state)
        {
            if (state.System != primary!.State!.System) failed.Add(Text.Of(PairTexts.OtherSystem, standby.Name, primary.Name));
            if (!state.Streams) failed.Add(Text.Of(PrimaryTexts.NotStreaming, standby.Name));
            behind = Math.Max(0, (long)(primary.State.Position.Value - Math.Min(primary.State.Position.Value, state.Position.Value)));
            lag = behind == 0 ? TimeSpan.Zero : context.Clock.GetUtcNow() - state.LastCommit;
            if (behind > component.Pair.MaximumLag) warned.Add(Text.Of(PrimaryTexts.LagTooLarge, standby.Name, Human.Size(behind.Value), Human.Size(component.Pair.MaximumLag)));
        }

        if (unfinished is not null) warned.Add(SwitchRun.Standing(unfinished));
        if (view.Silent.Count > 0) warned.Add(Text.Of(PrimaryTexts.RepositoriesSilent, string.Join(", ", view.Silent)));
        if (primary is not null) await journal.RememberAsync(new PrimarySeen(context.Clock.GetUtcNow(), primary.State!.Position)).ConfigureAwait(false);
        return new PrimaryStatus
        {
            Plan = context.Plan.Path, Component = component.Name, Manager = "drp", Primary = primary?.Name, Standby = standby?.State is { IsStandby: true } ? standby.Name : null,
            Epoch = view.Silent.Count == context.Catalog.Repositories.Count ? null : view.Epoch, LagBytes = behind, Lag = lag, Nodes = [.. view.Nodes.Select(n => Of(n, view))],
            Unfinished = unfinished is null ? null : SwitchRun.Standing(unfinished),
            Verdict = failed.Count > 0 ? CheckVerdict.Failed : warned.Count > 0 ? CheckVerdict.Warning : CheckVerdict.Ok, Problems = [.. failed, .. warned],
        };
    }

    private static NodeStatus Of(PairNode node, PairView view) => new()
    {
        Node = node.Name, Location = node.State is null ? "" : node.Server.Description,
        Role = node.State is null ? NodeRole.Unreachable : node.State.IsStandby ? NodeRole.Standby : view.IsStale(node) ? NodeRole.Stale : NodeRole.Primary,
        Timeline = node.State?.Timeline, Position = node.State?.Position, LastCommit = node.State?.LastCommit, Epoch = node.State?.Epoch ?? 0, Streams = node.State?.Streams ?? false,
        Message = node.Error?.Message,
    };

    private async Task<PrimaryStatus> OfPatroniAsync(PairComponent component, CancellationToken ct)
    {
        using PatroniApi api = await PatroniApi.OpenAsync(component.Pair.Patroni!, context.Host, ct).ConfigureAwait(false);
        var status = new PrimaryStatus { Plan = context.Plan.Path, Component = component.Name, Manager = "patroni", Verdict = CheckVerdict.Failed };
        IReadOnlyList<PatroniMember> members;
        try
        {
            members = await api.ClusterAsync(ct).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            return status with { Problems = [e.Message] };
        }

        PatroniMember? leader = members.FirstOrDefault(m => m.IsLeader && m.Works), standby = members.Where(m => !m.IsLeader && m.Works).MinBy(m => m.Lag ?? long.MaxValue);
        List<string> failed = [], warned = [];
        if (leader is null) failed.Add(PrimaryTexts.NoPrimary);
        failed.AddRange(members.Where(m => !m.Works).Select(m => Text.Of(PrimaryTexts.NodeSilent, m.Name, m.State)));
        if (standby is null) failed.Add(PrimaryTexts.NoStandby);
        if (standby?.Lag > component.Pair.MaximumLag) warned.Add(Text.Of(PrimaryTexts.LagTooLarge, standby.Name, Human.Size(standby.Lag.Value), Human.Size(component.Pair.MaximumLag)));
        return status with
        {
            Primary = leader?.Name, Standby = standby?.Name, LagBytes = standby?.Lag,
            Nodes = [.. members.Select(m => new NodeStatus
            {
                Node = m.Name, Location = m.Address, Timeline = m.Timeline, Streams = !m.IsLeader && m.Works, Message = m.Works ? null : m.State,
                Role = !m.Works ? NodeRole.Unreachable : m.IsLeader ? NodeRole.Primary : NodeRole.Standby,
            })],
            Verdict = failed.Count > 0 ? CheckVerdict.Failed : warned.Count > 0 ? CheckVerdict.Warning : CheckVerdict.Ok, Problems = [.. failed, .. warned],
        };
    }
}
