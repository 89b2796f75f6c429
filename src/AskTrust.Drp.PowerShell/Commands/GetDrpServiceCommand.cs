using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Tells how the services stand that run receivers.</summary>
[Cmdlet(VerbsCommon.Get, "DrpService")]
[OutputType(typeof(ServiceStatus))]
public sealed class GetDrpServiceCommand : ServiceCmdlet
{
    private protected override void Process()
    {
        string? component = Component, folder = FullFolder();
        WithPlan(async (session, outlet, ct) =>
        {
            await foreach (var service in session.ServicesAsync(component, folder, ct).ConfigureAwait(false)) await outlet.WriteAsync(service, ct).ConfigureAwait(false);
        });
    }
}
