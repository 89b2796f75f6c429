using System.Globalization;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Pair;

/// <summary>What the machine of a server says of its data directory, whether the server runs or not.</summary>
internal sealed record NodeLook
{
    /// <summary>Who we are there.</summary>
    public required string User { get; init; }

    /// <summary>Whose the data directory is: as him the server's programs run.</summary>
    public required string Owner { get; init; }

    /// <summary>Folder of the server's programs.</summary>
    public required string Programs { get; init; }

    /// <summary>Configuration file outside the data directory; empty = inside.</summary>
    public required string ConfigFile { get; init; }

    /// <summary>Processes of the server.</summary>
    public required int Processes { get; init; }

    /// <summary>It can only start as a standby.</summary>
    public required bool IsMarked { get; init; }

    /// <summary>It has tablespaces outside.</summary>
    public required bool HasTablespaces { get; init; }

    /// <summary>System identifier.</summary>
    public required ulong System { get; init; }

    /// <summary>State in the control file, in English.</summary>
    public required string State { get; init; }

    /// <summary>Timeline of the last checkpoint, or of what was replayed last.</summary>
    public required uint Timeline { get; init; }

    /// <summary>The last record that counts: the checkpoint of an orderly end, or up to where a standby has replayed.</summary>
    public required Lsn End { get; init; }

    /// <summary>Changes of pages can be told from outside, as rewinding needs it.</summary>
    public required bool CanRewind { get; init; }

    /// <summary>Nothing runs, and it was left in order.</summary>
    public bool IsSettled => Processes == 0 && State is "shut down" or "shut down in recovery";

    /// <summary>Reads what <see cref="NodeScripts.Look"/> says.</summary>
    public static NodeLook Parse(string text)
    {
        Dictionary<string, string> facts = new(StringComparer.Ordinal);
        foreach (string line in text.Split('\n'))
        {
            int equal = line.IndexOf('=', StringComparison.Ordinal), colon = line.IndexOf(':', StringComparison.Ordinal);
            if (equal > 0 && (colon < 0 || equal < colon)) facts.TryAdd(line[..equal], line[(equal + 1)..].Trim());
            else if (colon > 0) facts.TryAdd(line[..colon], line[(colon + 1)..].Trim());
        }

        string state = facts["Database cluster state"];
        bool standby = state is "shut down in recovery" or "in archive recovery";
        Lsn checkpoint = Lsn.Parse(facts["Latest checkpoint location"]), replayed = Lsn.Parse(facts["Minimum recovery ending location"]);
        uint timeline = Number(facts["Latest checkpoint's TimeLineID"]);
        return new NodeLook
        {
            User = facts["user"], Owner = facts["owner"], Programs = facts["programs"], ConfigFile = facts["config"], Processes = (int)Number(facts["processes"]),
            IsMarked = facts.ContainsKey("standby"), HasTablespaces = facts.ContainsKey("tablespaces"),
            System = ulong.Parse(facts["Database system identifier"], CultureInfo.InvariantCulture), State = state,
            Timeline = standby && replayed > checkpoint ? Number(facts["Min recovery ending loc's timeline"]) : timeline,
            End = standby && replayed > checkpoint ? replayed : checkpoint,
            CanRewind = facts["wal_log_hints setting"] == "on" || facts["Data page checksum version"] != "0",
        };
    }

    private static uint Number(string text) => uint.Parse(text, CultureInfo.InvariantCulture);
}
