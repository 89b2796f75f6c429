using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Gathers everything an operator wants to see first, all at once, within three seconds.</summary>
[Cmdlet(VerbsCommon.Get, "DrpDiagnostics")]
[OutputType(typeof(DiagnosticReport))]
public sealed class GetDrpDiagnosticsCommand : PlanCmdlet
{
    /// <summary>Also writes it into this zip file, secrets masked; the file must not exist.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Bundle { get; set; }

    /// <summary>Last lines of each container and log.</summary>
    /// <value>Default: 5.</value>
    [Parameter]
    [ValidateRange(0, 1000)]
    public int Lines { get; set; } = 5;

    /// <summary>How long each section may take.</summary>
    /// <value>Default: 2 seconds.</value>
    [Parameter]
    [Duration]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    private protected override void Process()
    {
        var options = new DiagnosticOptions { Bundle = Bundle is null ? null : GetUnresolvedProviderPathFromPSPath(Bundle), Lines = Lines, Timeout = Timeout };
        WithPlan(async (session, outlet, ct) => await outlet.WriteAsync(await session.DiagnosticsAsync(options, ct).ConfigureAwait(false), ct).ConfigureAwait(false));
    }
}
