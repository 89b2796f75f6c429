namespace AskTrust.Drp;

/// <summary>Files that hold secrets, each kept under its own path: configuration, certificates, a Compose project.</summary>
public abstract record PrivateFilesPlan : ComponentPlan
{
    /// <summary>Files and folders, absolute.</summary>
    public IReadOnlyList<string> Paths { get; init => field = Listed.Of(value); } = [];

    /// <summary>Stores them although the plan does not encrypt. Default false: such a plan is refused.</summary>
    public bool AllowUnencrypted { get; init; }
}

/// <summary>Configuration: Compose files, proxy configuration, env files.</summary>
public sealed record ConfigPlan : PrivateFilesPlan
{
    /// <inheritdoc/>
    public override string Type => "config";

    /// <summary>
    /// Commands (argument lists, no shell) whose output is kept as one more file, by name: what a hosted platform knows, e.g. <c>vercel env ls</c>. They run in the plan's folder.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Outputs { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
}

/// <summary>Certificates with their private keys: PEM, PKCS#12, the stores of certbot, Caddy and Traefik.</summary>
public sealed record CertificatesPlan : PrivateFilesPlan
{
    /// <inheritdoc/>
    public override string Type => "certificates";

    /// <summary>Reference to the password of PKCS#12 files; null = they have none.</summary>
    public SecretReference? Password { get; init; }

    /// <summary>A certificate that ends sooner than this is a warning. Default <see cref="CertificateOptions.DefaultWarning"/>.</summary>
    public TimeSpan Warning { get; init; } = CertificateOptions.DefaultWarning;
}

/// <summary>A Compose project: what is needed to bring it up elsewhere. Its data are components of their own.</summary>
public sealed record ComposePlan : PrivateFilesPlan
{
    /// <inheritdoc/>
    public override string Type => "compose";

    /// <summary>Name of the project; null = as Compose chooses.</summary>
    public string? Project { get; init; }

    /// <summary>What becomes of the images.</summary>
    public ComposeImages Images { get; init; }
}

/// <summary>What becomes of the images of a Compose project.</summary>
public enum ComposeImages
{
    /// <summary>Their digests are recorded; one that cannot be pulled any more is a warning.</summary>
    Record,

    /// <summary>They are saved with the set, too.</summary>
    Save,
}
