using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>
/// Says whether a node may start as a primary: for <c>ExecStartPre</c> of its unit, so that an old primary that comes back after a switch it missed does not.
/// A data directory that can only start as a standby may always start.
/// </summary>
internal sealed class PrimaryGuard(OperationContext context)
{
    /// <summary>Returns when it may.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: another one is primary by right. <see cref="DrpError.Unreachable"/>: no repository can tell.</exception>
    public async Task RunAsync(string node, string? component, CancellationToken ct)
    {
        PairComponent pair = PairComponent.Find(context, component);
        PairNodePlan own = pair.Node(node);
        // It runs on the machine of the node.
        if (File.Exists(Path.Combine(own.DataDirectory, "standby.signal"))) return;
        var (last, silent) = await PairView.LastAsync(context, pair.Name, ct).ConfigureAwait(false);
        if (silent.Count == context.Catalog.Repositories.Count)
        {
            throw new DrpException(DrpError.Unreachable, Text.Of(PrimaryTexts.GuardBlind, own.Name, string.Join(", ", silent))) { Subject = own.Name, Hint = PrimaryTexts.GuardBlindHint };
        }

        if (last is not null && last.Primary != own.Name)
        {
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(PrimaryTexts.GuardRefuses, own.Name, last.Primary, last.Epoch, Human.Time(last.Time))) { Subject = own.Name, Hint = Text.Of(PrimaryTexts.NodeStaleHint, own.Name) };
        }
    }
}
