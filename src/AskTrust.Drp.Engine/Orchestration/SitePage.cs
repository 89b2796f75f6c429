using AskTrust.Drp.Engine.Operations;
using AskTrust.Drp.Engine.Orchestration.Maintenance;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>The maintenance page while a whole system is restored, or taken back.</summary>
internal static class SitePage
{
    /// <summary>Shows the page in place of the site. One that cannot be shown holds up no restore.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="reason">Why, for the record.</param>
    /// <param name="warnings">Takes what the operator should know.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>True when it was shown now, and has to go again.</returns>
    public static async Task<bool> HideAsync(OperationContext context, string reason, List<string> warnings, CancellationToken ct)
    {
        try
        {
            MaintenanceReport report = await new MaintenanceRun(context).OnAsync(new MaintenanceOptions { Reason = reason }, ct).ConfigureAwait(false);
            warnings.AddRange(report.Warnings);
            return report.Status != RunStatus.Skipped;
        }
        catch (DrpException e)
        {
            warnings.Add(Host.Text.Of(OrchestrationTexts.NoMaintenance, e.Message));
            return false;
        }
    }

    /// <summary>Shows the site again.</summary>
    public static Task ShowAsync(OperationContext context, CancellationToken ct) => new MaintenanceRun(context).OffAsync(new MaintenanceOptions(), ct);
}
