using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Writes each file of configuration with its keys and without its values, so that it can be shown.</summary>
[Cmdlet(VerbsData.Export, "DrpConfig", SupportsShouldProcess = true)]
[OutputType(typeof(MaskedFile))]
public sealed class ExportDrpConfigCommand : PlanCmdlet
{
    /// <summary>Folder to write into; made when missing.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Only this component.</summary>
    /// <value>Default: all of type <c>config</c> and <c>compose</c>.</value>
    [Parameter]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Replaces masked files of an earlier export.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Process()
    {
        string folder = PlanLocation.Full(SessionState, Path);
        if (!Asked(CmdletTexts.ActionExportConfig, folder, out bool dryRun)) return;
        var options = new ConfigExportOptions { Destination = folder, Component = Component, Force = Force, DryRun = dryRun };
        WithPlan(async (session, outlet, ct) =>
        {
            await foreach (var file in session.ExportConfigAsync(options, ct).ConfigureAwait(false)) await outlet.WriteAsync(file, ct).ConfigureAwait(false);
        });
    }
}
