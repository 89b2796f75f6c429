using System.Globalization;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>What each key means, in the operator's language.</summary>
internal static class KeyTexts
{
    /// <summary>The text of a key, in its section or for all components; a missing one is a defect that a test finds.</summary>
    public static string Of(string section, string key) =>
        PlanKeyTexts.ResourceManager.GetString($"{section}_{key}", CultureInfo.CurrentUICulture) ?? PlanKeyTexts.ResourceManager.GetString($"component_{key}", CultureInfo.CurrentUICulture) ?? throw new InvalidOperationException($"no text for {section}_{key}");
}
