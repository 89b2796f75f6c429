using System.Management.Automation;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Proves that nothing in the evidence ledger was changed or dropped, in each of its copies.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DrpEvidence")]
[OutputType(typeof(EvidenceVerdict))]
public sealed class TestDrpEvidenceCommand : PlanCmdlet
{
    private protected override void Process() =>
        WithPlan(async (session, outlet, ct) =>
        {
            await foreach (var verdict in session.TestEvidenceAsync(ct).ConfigureAwait(false))
            {
                await outlet.WriteAsync(verdict, ct).ConfigureAwait(false);
                if (verdict.Verdict == CheckVerdict.Failed)
                    outlet.WriteError(ErrorMap.Item(DrpError.VerificationFailed, Text.Of(CmdletTexts.EvidenceBroken, verdict.Copy, string.Join("; ", verdict.Problems)), verdict));
            }
        });
}
