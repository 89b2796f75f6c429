using System.Management.Automation;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Tries every connection, tool, key and repository of a plan. Each check is one object, with what to do.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DrpPlan")]
[OutputType(typeof(PlanCheck), typeof(bool))]
public sealed class TestDrpPlanCommand : PlanCmdlet
{
    /// <summary>Only says whether a backup would work: true when no check failed.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override void Process()
    {
        bool quiet = Quiet;
        bool good = true;
        Task Tell(PlanCheck check, Outlet outlet, CancellationToken ct)
        {
            good &= check.Verdict != CheckVerdict.Failed;
            return quiet ? Task.CompletedTask : outlet.WriteAsync(check, ct);
        }

        WithPlan(
            async (session, outlet, ct) =>
            {
                await foreach (var check in session.CheckPlanAsync(ct).ConfigureAwait(false))
                    await Tell(check, outlet, ct).ConfigureAwait(false);
            },
            // A plan that cannot be read is what this command is there to tell: a failed check for each error.
            async (invalid, outlet, ct) =>
            {
                foreach (var problem in invalid.Problems)
                    await Tell(ToCheck(problem), outlet, ct).ConfigureAwait(false);
                good = false;
            });
        if (quiet) WriteObject(good);
    }

    private static PlanCheck ToCheck(PlanProblem problem) => new()
    {
        Plan = problem.File,
        Subject = "plan",
        Check = "syntax",
        Verdict = CheckVerdict.Failed,
        Message = $"{problem.Line}:{problem.Column}: {problem.Message}",
        Code = DrpError.PlanInvalid,
    };
}
