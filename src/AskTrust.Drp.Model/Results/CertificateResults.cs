namespace AskTrust.Drp;

/// <summary>A certificate and what to think of it.</summary>
public sealed record CertificateStatus
{
    /// <summary>The plan; null when files were looked at without one.</summary>
    public string? Plan { get; init; }

    /// <summary>Component of the plan; null when files were looked at without one.</summary>
    public string? Component { get; init; }

    /// <summary>The backup set it lies in; null = the files of today.</summary>
    public string? Set { get; init; }

    /// <summary>Its file, that with the chain when there are several.</summary>
    public required string File { get; init; }

    /// <summary>What was read.</summary>
    public required CertificateFacts Certificate { get; init; }

    /// <summary>Whose it is, in short: its first host name, or its subject.</summary>
    public required string Name { get; init; }

    /// <summary>When it ends (UTC); null when it could not be read.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>Whole days until it ends, negative when it has; null when it could not be read.</summary>
    public int? DaysLeft { get; init; }

    /// <summary><see cref="CheckVerdict.Failed"/>: clients refuse it now. <see cref="CheckVerdict.Warning"/>: soon, or some of them.</summary>
    public required CheckVerdict Verdict { get; init; }

    /// <summary>What is wrong, one sentence each; empty = nothing.</summary>
    public IReadOnlyList<string> Problems { get; init => field = Listed.Of(value); } = [];
}
