namespace AskTrust.Drp.Engine.Components.PostgreSql.Archive;

/// <summary>How the reading of an archive ended.</summary>
internal enum DumpArchiveState
{
    /// <summary>Every block ended, every entry with data has its block.</summary>
    Complete,

    /// <summary>The bytes stop before the archive does, or a block is missing.</summary>
    Truncated,

    /// <summary>The bytes contradict the format.</summary>
    Damaged,

    /// <summary>Not the custom format, or a version of it that is not known here: nothing can be said.</summary>
    Unknown,
}

/// <summary>One entry of an archive's table of contents.</summary>
/// <param name="Id">Dump id; data blocks name it.</param>
/// <param name="Kind">What it is: <c>TABLE</c>, <c>TABLE DATA</c>, <c>VIEW</c> …</param>
/// <param name="Schema">Schema; null where it has none.</param>
/// <param name="Name">Name (for comments and privileges: a description of their object).</param>
/// <param name="HasData">True when a data block belongs to it.</param>
internal sealed record DumpEntry(int Id, string Kind, string? Schema, string Name, bool HasData)
{
    /// <summary>Section as written: 1 = none of its own (that of the entry before it), 2 = before the data, 3 = data, 4 = after the data.</summary>
    public int Section { get; init; }

    /// <summary>Ids of entries that must be restored before.</summary>
    public IReadOnlyList<int> Needs { get; init; } = [];
}

/// <summary>A data block that passes or has passed.</summary>
/// <param name="entry">Whose data it is.</param>
/// <param name="start">Where it begins in the archive, bytes.</param>
internal sealed class DumpBlock(DumpEntry entry, long start)
{
    /// <summary>Whose data it is.</summary>
    public DumpEntry Entry { get; } = entry;

    /// <summary>Where it begins in the archive, bytes.</summary>
    public long Start { get; } = start;

    /// <summary>Behind its last byte; null while it passes.</summary>
    public long? End { get; set; }
}

/// <summary>What an archive holds.</summary>
internal sealed record DumpArchive
{
    /// <summary>How the reading ended.</summary>
    public required DumpArchiveState State { get; init; }

    /// <summary>What was wrong; null when nothing was.</summary>
    public string? Problem { get; init; }

    /// <summary>Version of the format, e.g. <c>1.14</c>; null when the header could not be read.</summary>
    public string? Format { get; init; }

    /// <summary>Version of the <c>pg_dump</c> that made it.</summary>
    public string? ToolVersion { get; init; }

    /// <summary>Version of the server it came from.</summary>
    public string? ServerVersion { get; init; }

    /// <summary>Table of contents.</summary>
    public IReadOnlyList<DumpEntry> Entries { get; init; } = [];

    /// <summary>Rows of each table with data, keys by <see cref="Sql.TableKey"/>; null when they cannot be counted (compressed, unknown).</summary>
    public IReadOnlyDictionary<string, long>? Rows { get; init; }

    /// <summary>Large objects; null when they cannot be counted.</summary>
    public long? LargeObjects { get; init; }
}
