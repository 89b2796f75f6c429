using System.Globalization;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>What the ledger keeps of a restore test.</summary>
internal static class RestoreTestFacts
{
    public static Dictionary<string, string> Of(RestoreTestResult result) => new(StringComparer.Ordinal)
    {
        ["manifest"] = result.ManifestSha256 ?? "",
        ["repository"] = result.Repository,
        ["component"] = result.Component,
        ["where"] = result.Where,
        ["verdict"] = result.Verdict.ToString(),
        ["message"] = result.Message ?? "",
        ["rows"] = result.Rows?.ToString(CultureInfo.InvariantCulture) ?? "",
        ["assertions"] = string.Create(CultureInfo.InvariantCulture, $"{result.Assertions.Count(a => a.Verdict == CheckVerdict.Ok)} of {result.Assertions.Count}"),
        ["measured rpo seconds"] = result.MeasuredRpo?.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) ?? "",
        ["negative control"] = result.NegativeControl switch { true => "noticed", false => "missed", null => "" },
    };
}
