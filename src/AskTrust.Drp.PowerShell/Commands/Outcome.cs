using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>A restore that did not end well is an error, besides its report.</summary>
internal static class Outcome
{
    public static void Check(RestoreReport report, Outlet outlet)
    {
        if (report.Status is not (RunStatus.Failed or RunStatus.Incomplete)) return;
        var code = report.Status == RunStatus.Incomplete ? DrpError.Incomplete : DrpError.Failed;
        outlet.WriteError(ErrorMap.Item(code, Text.Of(CmdletTexts.RestoreEnded, report.Source, report.Target, string.Join("; ", report.Warnings)), report));
    }

    public static void Check(TableRestoreReport report, string tables, Outlet outlet)
    {
        if (report.Status == RunStatus.Incomplete) outlet.WriteError(ErrorMap.Item(DrpError.Incomplete, Text.Of(CmdletTexts.TableEnded, tables, string.Join("; ", report.Warnings)), report));
    }

    public static void Check(ServiceRestartReport report, Outlet outlet)
    {
        if (report.Status != RunStatus.Failed) return;
        string[] why = [.. report.Services.Select(s => s.Message).OfType<string>()];
        outlet.WriteError(ErrorMap.Item(DrpError.Failed, Text.Of(CmdletTexts.RestartEnded, report.Project, string.Join("; ", why)), report));
    }

    public static void Check(SystemRestoreReport report, Outlet outlet)
    {
        if (report.Status is not (RunStatus.Failed or RunStatus.Incomplete)) return;
        var code = report.Status == RunStatus.Incomplete ? DrpError.Incomplete : DrpError.Failed;
        outlet.WriteError(ErrorMap.Item(code, Text.Of(CmdletTexts.RestartEnded, report.SystemId, string.Join("; ", report.Warnings)), report));
    }

    public static void Check(RepairReport report, Outlet outlet)
    {
        if (report.Status is not (RunStatus.Failed or RunStatus.Incomplete)) return;
        var code = report.Status == RunStatus.Incomplete ? DrpError.Incomplete : DrpError.VerificationFailed;
        outlet.WriteError(ErrorMap.Item(code, Text.Of(CmdletTexts.RepairEnded, report.Database, string.Join("; ", report.Warnings)), report));
    }

    public static void Check(PrimarySwitchReport report, Outlet outlet)
    {
        if (report.Status is not (RunStatus.Failed or RunStatus.Incomplete)) return;
        var code = report.Status == RunStatus.Incomplete ? DrpError.Incomplete : DrpError.Failed;
        outlet.WriteError(ErrorMap.Item(code, Text.Of(CmdletTexts.SwitchEnded, report.From, report.To, string.Join("; ", report.Warnings)), report));
    }
}
