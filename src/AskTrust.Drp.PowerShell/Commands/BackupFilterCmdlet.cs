using System.Management.Automation;
using AskTrust.Drp.PowerShell.Completion;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Base of the cmdlets that choose among backup sets. All conditions must hold.</summary>
public abstract class BackupFilterCmdlet : PlanCmdlet
{
    /// <summary>Ids, or <c>latest</c>; wildcards allowed.</summary>
    /// <value>Default: every set.</value>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BackupIdCompleter))]
    [SupportsWildcards]
    public string[] Id { get; set; } = [];

    /// <summary>Only sets with this component.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ComponentCompleter))]
    public string? Component { get; set; }

    /// <summary>Only sets of this kind.</summary>
    [Parameter]
    [ValidateSet("full", "incremental", "base", "safety")]
    public string? Kind { get; set; }

    /// <summary>Only sets before this moment.</summary>
    [Parameter]
    [PointInTime]
    public DateTimeOffset? Before { get; set; }

    /// <summary>Only sets at or after this moment.</summary>
    [Parameter]
    [PointInTime]
    public DateTimeOffset? After { get; set; }

    /// <summary>Only sets whose restore was proven by a test; <c>-Proven:$false</c>: only those that were not.</summary>
    [Parameter]
    public SwitchParameter Proven { get; set; }

    /// <summary>Only the newest set that fits.</summary>
    [Parameter]
    public SwitchParameter Latest { get; set; }

    /// <summary>What was asked for, as the engine takes it.</summary>
    private protected BackupFilter Filter => new()
    {
        Ids = Id,
        Component = Component,
        Kind = Kind,
        Before = Before,
        After = After,
        Proven = MyInvocation.BoundParameters.ContainsKey(nameof(Proven)) ? Proven.ToBool() : null,
        Latest = Latest,
    };
}
