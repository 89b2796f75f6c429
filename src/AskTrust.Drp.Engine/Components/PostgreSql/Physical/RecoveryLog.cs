using System.Globalization;
using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>What a recovering server says, in English: where it stopped, what it replayed.</summary>
internal sealed partial class RecoveryLog
{
    private const string Stopping = "recovery stopping ";

    /// <summary>What it stopped at, in its own words; null when nothing stopped it.</summary>
    public string? Stopped { get; private set; }

    /// <summary>Last position replayed.</summary>
    public string? Redone { get; private set; }

    /// <summary>Time of the last transaction replayed.</summary>
    public DateTimeOffset? LastCommit { get; private set; }

    /// <summary>Timeline it goes on with.</summary>
    public uint? NewTimeline { get; private set; }

    /// <summary>The WAL ended before the target.</summary>
    public bool EndedBefore { get; private set; }

    /// <summary>It accepts work.</summary>
    public bool Ready { get; private set; }

    /// <summary>The first fatal message.</summary>
    public string? Fatal { get; private set; }

    /// <summary>Reads one line.</summary>
    public void Read(string line)
    {
        int at = line.IndexOf(Stopping, StringComparison.Ordinal);
        if (at >= 0) Stopped = line[(at + "recovery ".Length)..].Trim();
        else if (RedoDone().Match(line) is { Success: true } redo) Redone = redo.Groups["lsn"].Value;
        else if (LastDone().Match(line) is { Success: true } last && DateTimeOffset.TryParse(last.Groups["time"].Value, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time)) LastCommit = time;
        else if (Selected().Match(line) is { Success: true } id) NewTimeline = uint.Parse(id.Groups["id"].ValueSpan, CultureInfo.InvariantCulture);
        else if (line.Contains("recovery ended before configured recovery target was reached", StringComparison.Ordinal)) EndedBefore = true;
        if (line.Contains("database system is ready to accept connections", StringComparison.Ordinal)) Ready = true;
        if (line.Contains("FATAL:", StringComparison.Ordinal) || line.Contains("PANIC:", StringComparison.Ordinal)) Fatal ??= line.Trim();
    }

    [GeneratedRegex("redo done at (?<lsn>[0-9A-F]+/[0-9A-F]+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RedoDone();

    [GeneratedRegex("last completed transaction was at log time (?<time>[-0-9: .+]+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LastDone();

    [GeneratedRegex("selected new timeline ID: (?<id>[0-9]+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Selected();
}
