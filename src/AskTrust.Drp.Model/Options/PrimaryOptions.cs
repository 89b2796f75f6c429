namespace AskTrust.Drp;

/// <summary>Options of <c>Switch-DrpPrimary</c>.</summary>
public sealed record PrimarySwitchOptions
{
    /// <summary>Component; may be left out when only one has a pair.</summary>
    public string? Component { get; init; }

    /// <summary>Node that becomes primary; null = the other one.</summary>
    public string? To { get; init; }

    /// <summary>Goes on although the primary cannot be asked, or the standby cannot be shown to have everything.</summary>
    public bool AllowDataLoss { get; init; }

    /// <summary>Goes on although the old primary cannot be shown to be fenced; the reason becomes evidence. Null = refuses.</summary>
    public string? UnfencedReason { get; init; }

    /// <summary>Leaves the old primary down in place of making it a standby.</summary>
    public bool LeaveOld { get; init; }

    /// <summary>Copies the old primary anew when it cannot be rewound; its data directory is kept aside.</summary>
    public bool Reseed { get; init; }

    /// <summary>Takes a switch back that was begun and not ended, as long as nothing was promoted.</summary>
    public bool Abort { get; init; }

    /// <summary>The operator has already said yes to touching production.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Only shows each step.</summary>
    public bool DryRun { get; init; }
}

/// <summary>Options of <c>Repair-DrpStandby</c>.</summary>
public sealed record StandbyRepairOptions
{
    /// <summary>Component; may be left out when only one has a pair.</summary>
    public string? Component { get; init; }

    /// <summary>Node that becomes a standby again; null = the one that is not primary.</summary>
    public string? Node { get; init; }

    /// <summary>Copies it anew when it cannot be rewound; its data directory is kept aside.</summary>
    public bool Reseed { get; init; }

    /// <summary>The operator has already said yes to touching production.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Only shows each step.</summary>
    public bool DryRun { get; init; }
}
