namespace AskTrust.Drp.Engine.Repositories.S3;

/// <summary>The driver's numbers, in one place; tests make them small.</summary>
internal sealed record S3Tuning
{
    private const long Mebibyte = 1 << 20;

    /// <summary>Parts that an upload may have at S3 and its likes.</summary>
    public const int MaxParts = 10_000;

    /// <summary>After how many parts the part size doubles.</summary>
    private const int PartsPerSize = 1000;

    /// <summary>Longest time a request may go without moving a byte.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest time for a connection to come about.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Size of the first parts, and of the largest object sent in one piece.</summary>
    public int FirstPart { get; init; } = (int)(8 * Mebibyte);

    /// <summary>Largest part.</summary>
    public int LargestPart { get; init; } = (int)(512 * Mebibyte);

    /// <summary>Bytes in flight at once; larger parts go one at a time.</summary>
    public long InFlight { get; init; } = 64 * Mebibyte;

    /// <summary>How each request is tried again.</summary>
    public RepositoryRetry Retry { get; init; } = new();

    /// <summary>
    /// Size of a part. As long as a known total lasts, parts are such that 9,000 of them hold it. Otherwise they grow with their
    /// number, so that memory stays small for most objects and 10,000 parts still hold more than 2 TiB.
    /// </summary>
    public int PartSize(int partNumber, long? expectedSize)
    {
        long even = Math.Max(FirstPart, ((expectedSize ?? 0) / 9000 / Mebibyte + 1) * Mebibyte);
        if ((partNumber - 1) * even < (expectedSize ?? 0)) return (int)Math.Min(even, 2047 * Mebibyte);
        long grown = Math.Min((long)FirstPart << Math.Min(16, (partNumber - 1) / PartsPerSize), LargestPart);
        return (int)Math.Max(Math.Min(even, LargestPart), grown);
    }

    /// <summary>How many parts of this size may be in flight.</summary>
    public int Parallel(int partSize, int wanted) => (int)Math.Clamp(InFlight / partSize, 1, Math.Max(1, wanted));
}
