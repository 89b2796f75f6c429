namespace AskTrust.Drp;

/// <summary>Options of <c>Export-DrpRecoveryKit</c>.</summary>
public sealed record RecoveryKitOptions
{
    /// <summary>Folder to write the kit into; made when missing, must be empty.</summary>
    public required string Folder { get; init; }

    /// <summary>Also writes the secrets the plan refers to, into one file encrypted as the plan's backups are. Default false: only their names.</summary>
    public bool IncludeSecrets { get; init; }

    /// <summary>Only says what would be written.</summary>
    public bool DryRun { get; init; }
}

/// <summary>A secret that a rebuild needs.</summary>
/// <param name="Reference">Where the plan looks for it, as written.</param>
/// <param name="Included">True when its value is in the encrypted file of the kit.</param>
public sealed record KitSecret(string Reference, bool Included);

/// <summary>What <c>Export-DrpRecoveryKit</c> wrote.</summary>
public sealed record RecoveryKitReport
{
    /// <summary>Path of the plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Folder of the kit.</summary>
    public required string Folder { get; init; }

    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Files in it.</summary>
    public IReadOnlyList<string> Files { get; init => field = Listed.Of(value); } = [];

    /// <summary>Fingerprints of the keys of which the private part is needed to read the backups.</summary>
    public IReadOnlyList<string> Keys { get; init => field = Listed.Of(value); } = [];

    /// <summary>Secrets that a rebuild needs.</summary>
    public IReadOnlyList<KitSecret> Secrets { get; init => field = Listed.Of(value); } = [];

    /// <summary>What the kit does not cover.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = Listed.Of(value); } = [];
}
