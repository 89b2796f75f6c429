using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Pair;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>Both servers of a pair as they are now, and who of them is primary by right.</summary>
internal sealed class PairView : IAsyncDisposable
{
    private static readonly TimeSpan s_repositories = TimeSpan.FromSeconds(30);

    private PairView(IReadOnlyList<PairNode> nodes, PrimaryEpoch? last, IReadOnlyList<string> silent) => (Nodes, Last, Silent) = (nodes, last, silent);

    /// <summary>The servers.</summary>
    public IReadOnlyList<PairNode> Nodes { get; }

    /// <summary>The last change of the primary that the repositories know; null = none.</summary>
    public PrimaryEpoch? Last { get; }

    /// <summary>Repositories that were not heard.</summary>
    public IReadOnlyList<string> Silent { get; }

    /// <summary>Number of the last change, wherever it is known.</summary>
    public long Epoch => Math.Max(Last?.Epoch ?? 0, Nodes.Max(n => n.State?.Epoch ?? 0));

    /// <summary>The server that takes writes by right; null when none answers that does.</summary>
    public PairNode? Primary { get; private init; }

    /// <summary>True when both take writes and nothing tells which one is right.</summary>
    public bool IsSplit { get; private init; }

    /// <summary>A server by name.</summary>
    public PairNode this[string name] => Nodes.First(n => n.Name == name);

    /// <summary>The one that is not this.</summary>
    public PairNode Other(PairNode node) => Nodes.First(n => n != node);

    /// <summary>It takes writes, and must not.</summary>
    public bool IsStale(PairNode node) => node.IsPrimary && node != Primary;

    /// <summary>Asks servers and repositories, all at once.</summary>
    public static async Task<PairView> AskAsync(OperationContext context, PairComponent component, CancellationToken ct)
    {
        PairNode[] nodes = [.. component.Pair.Nodes.Values.Select(n => PairNode.Of(n, component.Plan, context.Host))];
        try
        {
            Task asking = Task.WhenAll(nodes.Select(n => n.AskAsync(ct)));
            var (last, silent) = await LastAsync(context, component.Name, ct).ConfigureAwait(false);
            await asking.ConfigureAwait(false);
            PairNode[] writing = [.. nodes.Where(n => n.IsPrimary)];
            PairNode? primary = writing switch
            {
                [var one] => last is { } change && change.Epoch > one.State!.Epoch && change.Primary != one.Name ? null : one,
                [var a, var b] => Newer(a, b),
                _ => null,
            };
            return new PairView(nodes, last, silent) { Primary = primary, IsSplit = writing.Length == 2 && primary is null };
        }
        catch
        {
            foreach (PairNode node in nodes) await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The last change of the primary. A repository that is silent for long must not hold up a switch.</summary>
    public static async Task<(PrimaryEpoch? Last, IReadOnlyList<string> Silent)> LastAsync(OperationContext context, string component, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_repositories);
        try
        {
            return await new PrimaryEpochs(context.Catalog).LastAsync(component, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (null, [.. context.Catalog.Repositories.Select(r => r.Name)]);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (PairNode node in Nodes) await node.DisposeAsync().ConfigureAwait(false);
    }

    private static PairNode? Newer(PairNode a, PairNode b)
    {
        int order = (a.State!.Epoch, a.State.Timeline).CompareTo((b.State!.Epoch, b.State.Timeline));
        return order > 0 ? a : order < 0 ? b : null;
    }
}
