namespace AskTrust.Drp;

/// <summary>How a file of the WAL was archived.</summary>
public sealed record WalPushResult
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Name of the file.</summary>
    public required string Name { get; init; }

    /// <summary>Repositories that have it.</summary>
    public required IReadOnlyList<string> Repositories { get; init => field = Listed.Of(value); }

    /// <summary>Repositories for which the spool holds it.</summary>
    public IReadOnlyList<string> Pending { get; init => field = Listed.Of(value); } = [];

    /// <summary>True when every repository had it already.</summary>
    public bool Already { get; init; }
}

/// <summary>How a file of the WAL was fetched.</summary>
public sealed record WalFetchResult
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Name of the file.</summary>
    public required string Name { get; init; }

    /// <summary>False: every repository answered, and none has it.</summary>
    public required bool Found { get; init; }

    /// <summary>True when it had been fetched ahead.</summary>
    public bool Ahead { get; init; }
}

/// <summary>What a receiver did.</summary>
public sealed record WalReceiveReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component.</summary>
    public required string Component { get; init; }

    /// <summary>System identifier.</summary>
    public required string SystemIdentifier { get; init; }

    /// <summary>Slot.</summary>
    public required string Slot { get; init; }

    /// <summary>When it began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it ran.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>What each repository got.</summary>
    public required IReadOnlyList<WalShipment> Repositories { get; init => field = Listed.Of(value); }
}

/// <summary>What one repository got.</summary>
public sealed record WalShipment
{
    /// <summary>Repository.</summary>
    public required string Repository { get; init; }

    /// <summary>Whole segments shipped in this run.</summary>
    public long Segments { get; init; }

    /// <summary>Pieces of open segments shipped in this run.</summary>
    public long Pieces { get; init; }

    /// <summary>Files that wait for it.</summary>
    public int Waiting { get; init; }

    /// <summary>Up to where it has the WAL, on the timeline received; null = nothing yet.</summary>
    public Lsn? Shipped { get; init; }

    /// <summary>Last commit it has.</summary>
    public DateTimeOffset? LastCommit { get; init; }

    /// <summary>Why it does not get anything at the moment.</summary>
    public string? Message { get; init; }
}

/// <summary>What <c>restore_command</c> should be.</summary>
/// <param name="Text">The command.</param>
public sealed record WalRestoreCommand(string Text);
