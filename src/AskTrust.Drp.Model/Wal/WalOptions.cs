namespace AskTrust.Drp;

/// <summary>What <c>drp wal receive</c> is asked.</summary>
public sealed record WalReceiveOptions
{
    /// <summary>Component; may be left out when only one has point-in-time recovery.</summary>
    public string? Component { get; init; }

    /// <summary>The component has a new server (upgraded, or made anew): its WAL is kept beside that of the former.</summary>
    public bool NewSystem { get; init; }

    /// <summary>Ends by itself when everything that the server had written at the start is in every repository.</summary>
    public bool CatchUp { get; init; }
}

/// <summary>What <c>drp wal push</c> is asked.</summary>
public sealed record WalPushOptions
{
    /// <summary>The file: <c>%p</c> of <c>archive_command</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Component; may be left out when only one has point-in-time recovery.</summary>
    public string? Component { get; init; }

    /// <summary>The component has a new server.</summary>
    public bool NewSystem { get; init; }
}

/// <summary>What <c>drp wal fetch</c> is asked.</summary>
public sealed record WalFetchOptions
{
    /// <summary>Name of the file: <c>%f</c> of <c>restore_command</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where to put it: <c>%p</c>.</summary>
    public required string Destination { get; init; }

    /// <summary>Component; may be left out when only one has point-in-time recovery.</summary>
    public string? Component { get; init; }

    /// <summary>System identifier; null = that of the data directory in which PostgreSQL runs the command, else the only one of the component.</summary>
    public string? System { get; init; }

    /// <summary>Only these repositories; empty = all. For when one is lost for good: else its silence stops the recovery.</summary>
    public IReadOnlyList<string> Repositories { get; init => field = Listed.Of(value); } = [];

    /// <summary>How long to try again while a repository is silent, or lacks a segment that lies between others. Default 2 minutes.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Segments to get ahead; null = the plan's.</summary>
    public int? Prefetch { get; init; }

    /// <summary>Program and arguments of the feeder that gets them, run in the background; empty = none is got ahead.</summary>
    public IReadOnlyList<string> Feeder { get; init => field = Listed.Of(value); } = [];
}
