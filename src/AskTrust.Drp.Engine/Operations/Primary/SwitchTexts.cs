using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>A switch in words: its steps beforehand, its facts for the ledger.</summary>
internal static class SwitchTexts
{
    /// <summary>Each step that is still to be done.</summary>
    public static IEnumerable<SwitchStep> Steps(SwitchEntry entry, PairComponent component, PrimarySwitchOptions options)
    {
        PairNodePlan from = component.Node(entry.From);
        if (entry.Stage == SwitchStage.Begun)
        {
            yield return Planned("slots", Text.Of(PrimaryTexts.StepSlots, entry.To));
            yield return Planned("fence", Fence(entry, component, from));
        }

        if (entry.Stage <= SwitchStage.Fenced) yield return Planned("catch up", Text.Of(entry.AllowDataLoss ? PrimaryTexts.StepCatchUpLoosely : PrimaryTexts.StepCatchUp, entry.To, entry.From));
        if (entry.Stage <= SwitchStage.Promoting)
        {
            yield return Planned("epoch", PrimaryTexts.StepEpoch);
            yield return Planned("promote", Text.Of(PrimaryTexts.StepPromote, entry.To));
            yield return Planned("verify", Text.Of(PrimaryTexts.StepVerify, entry.To));
        }

        if (!options.LeaveOld) yield return Planned("rejoin", Text.Of(options.Reseed ? PrimaryTexts.StepRejoinOrCopy : PrimaryTexts.StepRejoin, entry.From));
    }

    /// <summary>What the ledger keeps.</summary>
    public static Dictionary<string, string> Facts(PrimarySwitchReport report, Exception? error) => new(StringComparer.Ordinal)
    {
        ["switch"] = report.SwitchId, ["from"] = report.From, ["to"] = report.To, ["epoch"] = report.Epoch.ToString(CultureInfo.InvariantCulture),
        ["timeline"] = report.Timeline?.ToString(CultureInfo.InvariantCulture) ?? "", ["position"] = report.Position?.ToString() ?? "", ["loss free"] = report.LossFree ? "yes" : "no",
        ["loss"] = report.LossBytes?.ToString(CultureInfo.InvariantCulture) ?? "", ["fenced by"] = report.FencedBy ?? "", ["unfenced because"] = report.UnfencedReason ?? "",
        ["standby"] = report.Standby.ToString(), ["downtime"] = report.Downtime?.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture) ?? "", ["error"] = error?.Message ?? "",
    };

    private static string Fence(SwitchEntry entry, PairComponent component, PairNodePlan from) =>
        (from.Unit is { } unit ? Text.Of(PrimaryTexts.StepFenceUnit, from.Name, unit) : Text.Of(PrimaryTexts.StepFence, from.Name, from.DataDirectory))
        + (component.Pair.Fence is [var program, ..] && entry.AllowDataLoss ? " " + Text.Of(PrimaryTexts.StepFenceCommand, program) : "")
        + (entry.UnfencedReason is { } reason ? " " + Text.Of(PrimaryTexts.StepUnfenced, reason) : "");

    private static SwitchStep Planned(string step, string text) => new(step, text, RunStatus.Planned);
}
