using System.Management.Automation;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Writes a commented plan for a Compose stack or a database.</summary>
[Cmdlet(VerbsCommon.New, "DrpPlan", SupportsShouldProcess = true, DefaultParameterSetName = "Compose")]
[OutputType(typeof(FileInfo), typeof(string))]
public sealed class NewDrpPlanCommand : DrpCmdlet
{
    /// <summary>Compose file of the stack to protect.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Compose", ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string? ComposeFile { get; set; }

    /// <summary>Connection URL of a PostgreSQL database, without a password.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Database")]
    [ValidateNotNullOrEmpty]
    public string? ConnectionString { get; set; }

    /// <summary>File to write.</summary>
    /// <value>Default: <c>drp.yaml</c> in the current folder.</value>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = PlanLocation.FileName;

    /// <summary>Name of the product.</summary>
    /// <value>Default: that of the Compose project or database.</value>
    [Parameter]
    [ValidatePattern("^[a-z0-9_-]+$")]
    public string? Name { get; set; }

    /// <summary>Overwrites an existing file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Process()
    {
        string path = PlanLocation.Full(SessionState, Path);
        if (!Asked(CmdletTexts.ActionWritePlan, path, out bool dryRun)) return;
        var init = new PlanInitOptions
        {
            ComposeFile = ComposeFile is null ? null : PlanLocation.Full(SessionState, ComposeFile),
            ConnectionString = ConnectionString,
            Path = path,
            Name = Name,
            Force = Force,
            DryRun = dryRun,
        };
        Pump(async (outlet, ct) =>
        {
            string text = await DrpSession.InitPlanAsync(init, new EngineOptions { Observer = outlet, Ask = outlet.AskAsync }, ct).ConfigureAwait(false);
            await outlet.WriteAsync(dryRun ? text : new FileInfo(path), ct).ConfigureAwait(false);
        });
    }
}
