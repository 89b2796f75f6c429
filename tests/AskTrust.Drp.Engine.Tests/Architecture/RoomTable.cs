namespace AskTrust.Drp.Engine.Tests.Architecture;

/// <summary>Which room of the engine may name which. A new arrow is a change of this table, to be reviewed.</summary>
internal static class RoomTable
{
    public const string Root = "AskTrust.Drp.Engine.";

    public static readonly IReadOnlyDictionary<string, string[]> May = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Host"] = [],
        ["Plan"] = ["Host"],
        ["Components"] = ["Host"],
        ["Pipeline"] = ["Host"],
        ["Repositories"] = ["Host"],
        ["Catalog"] = ["Host", "Pipeline", "Repositories"],
        ["Operations"] = ["Host", "Plan", "Components", "Pipeline", "Repositories", "Catalog"],
        ["Orchestration"] = ["Host", "Operations"],
        ["Incidents"] = ["Host", "Catalog"],
        ["Composition"] = ["Host", "Plan", "Components", "Pipeline", "Repositories", "Catalog", "Operations", "Orchestration", "Incidents"],
    };

    /// <summary>The room a namespace belongs to; null outside the engine.</summary>
    public static string? RoomOf(string? space) =>
        space is not null && (space + ".").StartsWith(Root, StringComparison.Ordinal) && space.Length > Root.Length - 1 ? space[Root.Length..].Split('.')[0] : null;

    /// <summary>True when a room may name another.</summary>
    public static bool Allows(string room, string other) =>
        room == other || (May.TryGetValue(room, out string[]? list) && list.Contains(other, StringComparer.Ordinal));
}
