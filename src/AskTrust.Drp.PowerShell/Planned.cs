using System.Management.Automation;

namespace AskTrust.Drp.PowerShell;

/// <summary>Marks what a dry run returns, so that its view shows the steps instead of results.</summary>
internal static class Planned
{
    /// <summary>Ending of the type name that selects the view.</summary>
    public const string Suffix = "#Planned";

    /// <summary>The object, marked when its run was only planned.</summary>
    public static PSObject Mark(object report, RunStatus status)
    {
        var item = PSObject.AsPSObject(report);
        if (status == RunStatus.Planned) item.TypeNames.Insert(0, report.GetType().FullName + Suffix);
        return item;
    }
}
