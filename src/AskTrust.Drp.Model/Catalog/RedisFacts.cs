namespace AskTrust.Drp;

/// <summary>What a Redis server was like when it was saved.</summary>
public sealed record RedisFacts
{
    /// <summary>Version of the server, e.g. <c>7.0.15</c>.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>Its data directory.</summary>
    public required string Directory { get; init; }

    /// <summary>Name of the RDB in it.</summary>
    public required string DumpFile { get; init; }

    /// <summary>True when the server writes append-only files: then it reads those when it starts, and no RDB.</summary>
    public bool AppendOnly { get; init; }

    /// <summary>Folder of the append-only files in the data directory; null before Redis 7, which has one file.</summary>
    public string? AppendDirectory { get; init; }

    /// <summary>First part of the names of the append-only files.</summary>
    public string AppendFile { get; init; } = "appendonly.aof";

    /// <summary>Keys in the RDB by number of the database; null when it holds what this version cannot count.</summary>
    public IReadOnlyDictionary<string, RedisKeys>? Keys { get; init; }

    /// <summary>Artifacts that are append-only files; empty = none were copied. The manifest of the files comes first.</summary>
    public IReadOnlyList<RedisAppendFile> AppendFiles { get; init => field = Listed.Of(value); } = [];

    /// <summary>Keys by number of the database at the moment of the append-only files.</summary>
    public IReadOnlyDictionary<string, RedisKeys>? AppendKeys { get; init; }

    /// <summary>Image reference of the container; null when it is none.</summary>
    public string? Image { get; init; }

    /// <summary>Image id or repository digest (<c>sha256:…</c>).</summary>
    public string? ImageDigest { get; init; }
}

/// <summary>Keys of one database.</summary>
/// <param name="Keys">All.</param>
/// <param name="Expiring">Those of them with a time to live: a restored server may have fewer.</param>
public sealed record RedisKeys(long Keys, long Expiring);

/// <summary>One append-only file.</summary>
/// <param name="Artifact">Name of the artifact, without the suffixes of compression and encryption.</param>
/// <param name="File">Name of the file.</param>
public sealed record RedisAppendFile(string Artifact, string File);
