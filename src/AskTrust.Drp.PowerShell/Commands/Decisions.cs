using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Writes what happened to sets; a deletion that failed is an error too.</summary>
internal static class Decisions
{
    public static async Task WriteAsync(IAsyncEnumerable<RetentionDecision> decisions, Outlet outlet, CancellationToken ct)
    {
        await foreach (var decision in decisions.WithCancellation(ct).ConfigureAwait(false))
        {
            await outlet.WriteAsync(decision, ct).ConfigureAwait(false);
            if (decision.Action == RetentionAction.Failed)
                outlet.WriteError(ErrorMap.Item(DrpError.Failed, Text.Of(CmdletTexts.NotDeleted, decision.Id, decision.Repository, decision.Message), decision));
        }
    }
}
