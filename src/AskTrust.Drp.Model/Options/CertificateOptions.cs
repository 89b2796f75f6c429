namespace AskTrust.Drp;

/// <summary>Which certificates to look at.</summary>
public sealed record CertificateOptions
{
    /// <summary>A certificate that ends sooner than this is a warning, by default: 21 days. Certificates of ACME authorities are renewed 30 days before they end.</summary>
    public static readonly TimeSpan DefaultWarning = TimeSpan.FromDays(21);

    /// <summary>Files and folders; empty = those of the plan's components of type <c>certificates</c>.</summary>
    public IReadOnlyList<string> Paths { get; init => field = Listed.Of(value); } = [];

    /// <summary>Only this component; null = all of type <c>certificates</c>.</summary>
    public string? Component { get; init; }

    /// <summary>Backup set (id, or <c>latest</c>) whose manifest is asked instead of the files; null = the files.</summary>
    public string? Set { get; init; }

    /// <summary>Only this repository, with <see cref="Set"/>; null = the first that has the set.</summary>
    public string? Repository { get; init; }

    /// <summary>Password of PKCS#12 files; null = that of the plan, else none.</summary>
    public SecretReference? Password { get; init; }

    /// <summary>Warn this long before the end; null = what the plan says, else <see cref="DefaultWarning"/>.</summary>
    public TimeSpan? Warning { get; init; }
}
