namespace AskTrust.Drp;

/// <summary>
/// The one numbered list of errors: exception code, PowerShell error id, help heading (<c>about_Drp_Errors</c>) and exit
/// code of <c>drp</c>. Numbers are never reused or changed; they follow restic where it has a number for the same thing.
/// </summary>
public enum DrpError
{
    /// <summary>Done, nothing to report.</summary>
    None = 0,

    /// <summary>Failed; the message says what and on what.</summary>
    Failed = 1,

    /// <summary>Wrong usage, or the plan is invalid.</summary>
    PlanInvalid = 2,

    /// <summary>Done with warnings, or incomplete: some repository or component did not get everything.</summary>
    Incomplete = 3,

    /// <summary>The repository, or the backup set asked for, does not exist.</summary>
    RepositoryMissing = 10,

    /// <summary>Another run holds the lock.</summary>
    Locked = 11,

    /// <summary>A key or passphrase is missing, wrong or expired, or credentials were refused.</summary>
    KeyOrPassphrase = 12,

    /// <summary>Bytes are not what was written, or a restore test failed.</summary>
    VerificationFailed = 13,

    /// <summary>An objective of the plan (RTO, RPO …) is breached.</summary>
    ObjectiveBreached = 14,

    /// <summary>The target is not empty, is production, or is otherwise not safe to overwrite.</summary>
    UnsafeTarget = 15,

    /// <summary>Not enough space.</summary>
    NotEnoughSpace = 16,

    /// <summary>A tool is missing, or a server cannot be reached.</summary>
    Unreachable = 17,

    /// <summary>The WAL segment asked for is not in the archive.</summary>
    WalNotInArchive = 74,

    /// <summary>Cancelled by the operator.</summary>
    Cancelled = 130,
}
