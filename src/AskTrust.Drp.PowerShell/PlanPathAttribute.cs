using System.Management.Automation;

namespace AskTrust.Drp.PowerShell;

/// <summary>Takes a plan as path, as file, or as what <c>Get-DrpPlan</c> wrote.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PlanPathAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            DrpPlan plan => plan.Path,
            FileSystemInfo file => file.FullName,
            PathInfo path => path.ProviderPath,
            var other => other,
        };
}
