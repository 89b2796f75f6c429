using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>What a lease is for.</summary>
internal enum LeaseMode
{
    /// <summary>Sets are read; nobody may delete.</summary>
    Read,

    /// <summary>A set is being written; nobody else may write or delete.</summary>
    Write,

    /// <summary>Sets are being deleted; nobody else may do anything.</summary>
    Delete,
}

/// <summary>Content of a lock object.</summary>
internal sealed record LeaseRecord
{
    /// <summary>Random id of the lease; of two that start at once the lower one goes on.</summary>
    public required string Id { get; init; }

    /// <summary>Mode.</summary>
    public required LeaseMode Mode { get; init; }

    /// <summary>What the holder does: <c>backup</c>, <c>retention</c> …</summary>
    public required string Operation { get; init; }

    /// <summary>Holder: the text of an <see cref="OwnerMark"/>.</summary>
    public required string Owner { get; init; }

    /// <summary>Operating-system user of the holder.</summary>
    public required string User { get; init; }

    /// <summary>When the lease began, UTC by the holder's clock.</summary>
    public required DateTimeOffset Acquired { get; init; }

    /// <summary>When this object was written.</summary>
    public required DateTimeOffset Renewed { get; init; }

    /// <summary>The lease ends then unless renewed.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>
    /// True when the holder ran on this machine, in sight of this process, and runs no more. A host of the same name in another boot may be another
    /// machine: its lease ends by time.
    /// </summary>
    public bool IsOwnerGone(OwnerMark self) =>
        OwnerMark.Parse(Owner) is { } owner && owner.Host == self.Host && owner.Boot == self.Boot && owner.Look() == OwnerState.Gone;

    /// <summary>True when two modes exclude each other.</summary>
    public static bool Conflicts(LeaseMode a, LeaseMode b) =>
        a == LeaseMode.Delete || b == LeaseMode.Delete || (a == LeaseMode.Write && b == LeaseMode.Write);

    /// <summary>Name of a lock object: each renewal has the next number.</summary>
    public static string Name(LeaseMode mode, string id, int generation) =>
        string.Create(CultureInfo.InvariantCulture, $"{ModeName(mode)}-{id}-{generation:D6}.json");

    /// <summary>Name of the object that says that a lease ended whose own objects cannot be deleted.</summary>
    public static string ReleasedName(string id) => $"released-{id}-000000.json";

    /// <summary>Reads a name; mode null = a release. False for what we did not write.</summary>
    public static bool TryName(string name, out LeaseMode? mode, out string id, out int generation)
    {
        (mode, id, generation) = (null, "", 0);
        if (name.Split('-') is not [string kind, { Length: 16 } text, string last] || !text.All(char.IsAsciiHexDigitLower)
            || last.Length != 11 || !last.EndsWith(".json", StringComparison.Ordinal)
            || !int.TryParse(last.AsSpan(0, 6), NumberStyles.None, CultureInfo.InvariantCulture, out generation))
        {
            return false;
        }

        id = text;
        switch (kind)
        {
            case "read": mode = LeaseMode.Read; return true;
            case "write": mode = LeaseMode.Write; return true;
            case "delete": mode = LeaseMode.Delete; return true;
            default: return kind == "released";
        }
    }

    private static string ModeName(LeaseMode mode) => mode switch
    {
        LeaseMode.Read => "read",
        LeaseMode.Write => "write",
        LeaseMode.Delete => "delete",
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };
}
