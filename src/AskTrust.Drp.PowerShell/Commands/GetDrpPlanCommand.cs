using System.Management.Automation;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Reads and validates a plan. Contacts nothing.</summary>
[Cmdlet(VerbsCommon.Get, "DrpPlan", DefaultParameterSetName = "Plan")]
[OutputType(typeof(DrpPlan), typeof(string))]
public sealed class GetDrpPlanCommand : PlanCmdlet
{
    /// <summary>The plan as YAML, every default filled in, secrets masked.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Yaml")]
    public SwitchParameter AsYaml { get; set; }

    /// <summary>The JSON Schema of <c>drp.yaml</c>, for editors.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Schema")]
    public SwitchParameter Schema { get; set; }

    private protected override void Process()
    {
        if (Schema)
        {
            WriteObject(DrpSession.PlanSchema());
            return;
        }

        bool yaml = AsYaml;
        WithPlan((session, outlet, ct) => outlet.WriteAsync(yaml ? session.ExplainPlan() : Pipeable(session.Plan), ct));
    }

    // Down the pipe the path of the plan binds to -Plan.
    private static PSObject Pipeable(DrpPlan plan)
    {
        var item = PSObject.AsPSObject(plan);
        item.Properties.Add(new PSAliasProperty(nameof(Plan), nameof(DrpPlan.Path)));
        return item;
    }
}
