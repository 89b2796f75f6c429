using System.Management.Automation;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.PowerShell.Completion;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell;

/// <summary>Base of the cmdlets that work with a plan.</summary>
public abstract class PlanCmdlet : DrpCmdlet
{
    /// <summary>The plan file, or a folder with <c>drp.yaml</c>.</summary>
    /// <value>Default: <c>$env:DRP_PLAN</c>, else <c>./drp.yaml</c>.</value>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [PlanPath]
    [ArgumentCompleter(typeof(PlanFileCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Plan { get; set; }

    /// <summary>The plan's full path. Call on the pipeline's thread.</summary>
    private protected string PlanPath() => PlanLocation.Resolve(this, Plan);

    /// <summary>Runs work on the open plan.</summary>
    private protected void WithPlan(Func<DrpSession, Outlet, CancellationToken, Task> work) => Run(asJob: false, work);

    /// <summary>Runs work on the open plan, or tells what is wrong with the plan.</summary>
    private protected void WithPlan(
        Func<DrpSession, Outlet, CancellationToken, Task> work, Func<PlanException, Outlet, CancellationToken, Task> orElse)
    {
        string plan = PlanPath();
        Pump(async (outlet, ct) =>
        {
            try
            {
                await RunAsync(plan, SecretVault.Of(outlet), outlet, work, ct).ConfigureAwait(false);
            }
            catch (PlanException e)
            {
                await orElse(e, outlet, ct).ConfigureAwait(false);
            }
        });
    }

    /// <summary>Runs work on the open plan, here or as a job.</summary>
    /// <param name="asJob">True: in the background.</param>
    /// <param name="work">The work. It must not touch the cmdlet: a later record changes its parameters.</param>
    /// <param name="credential">A credential the work refers to by <see cref="SecretVault.CredentialReference"/>.</param>
    private protected void Run(bool asJob, Func<DrpSession, Outlet, CancellationToken, Task> work, PSCredential? credential = null)
    {
        string plan = PlanPath();
        if (!asJob)
        {
            Pump((outlet, ct) => RunAsync(plan, SecretVault.Of(outlet, credential), outlet, work, ct));
            return;
        }

        var job = new DrpJob(MyInvocation.Line.Trim(), $"{MyInvocation.MyCommand.Name} {Path.GetFileName(plan)}");
        JobRepository.Add(job);
        job.Start((outlet, ct) => RunAsync(plan, SecretVault.Of(outlet, credential), outlet, work, ct));
        WriteObject(job);
    }

    /// <summary>Opens the plan, works, and closes it whatever happens.</summary>
    private static async Task RunAsync(
        string plan, SecretVault secrets, Outlet outlet, Func<DrpSession, Outlet, CancellationToken, Task> work, CancellationToken ct)
    {
        var options = new EngineOptions { Observer = outlet, Ask = outlet.AskAsync, SecretManagement = secrets.ResolveAsync };
        var session = await DrpSession.OpenAsync(plan, options, ct).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await work(session, outlet, ct).ConfigureAwait(false);
        }
    }
}
