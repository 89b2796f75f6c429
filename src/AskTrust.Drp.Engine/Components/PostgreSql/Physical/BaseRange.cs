using System.Globalization;
using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>The WAL that a base needs to become consistent, as the server's own file list says.</summary>
/// <param name="Timeline">Timeline of its end.</param>
/// <param name="Start">First position.</param>
/// <param name="Stop">Position from which on the copy is consistent.</param>
internal sealed partial record BaseRange(uint Timeline, string Start, string Stop)
{
    /// <summary>Finds it in the last bytes of a <c>backup_manifest</c>; null when it is not there.</summary>
    public static BaseRange? Find(string end)
    {
        int at = end.IndexOf("\"WAL-Ranges\"", StringComparison.Ordinal);
        if (at < 0) return null;
        // A standby's backup may cross a switch of the timeline; then the ranges come newest first.
        var ranges = Range().Matches(end[at..]);
        return ranges.Count == 0 ? null : new BaseRange(uint.Parse(ranges[0].Groups["t"].Value, CultureInfo.InvariantCulture), ranges[^1].Groups["start"].Value, ranges[0].Groups["stop"].Value);
    }

    [GeneratedRegex("""\{\s*"Timeline":\s*(?<t>\d+),\s*"Start-LSN":\s*"(?<start>[0-9A-F]+/[0-9A-F]+)",\s*"End-LSN":\s*"(?<stop>[0-9A-F]+/[0-9A-F]+)"\s*\}""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Range();
}
