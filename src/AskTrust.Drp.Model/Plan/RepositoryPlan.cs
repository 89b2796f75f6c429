namespace AskTrust.Drp;

/// <summary>Where backup sets live. One derived record per driver.</summary>
public abstract record RepositoryPlan
{
    /// <summary>Name in the plan.</summary>
    public required string Name { get; init; }

    /// <summary>Type in the plan: <c>directory</c>, <c>s3</c>, <c>rclone</c>, <c>sftp</c>.</summary>
    public abstract string Type { get; }

    /// <summary>Never written to: a mirror that is only read.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Bytes per second when writing; null = unlimited.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Bytes per second when reading; null = unlimited.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>A write that makes no progress this long while others wait is given up; the run ends as incomplete. Default 60 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>A folder, local or mounted (NFS included).</summary>
public sealed record DirectoryRepositoryPlan : RepositoryPlan
{
    /// <inheritdoc/>
    public override string Type => "directory";

    /// <summary>Absolute path; a relative one starts at the plan's folder.</summary>
    public required string Path { get; init; }
}

/// <summary>An S3 bucket, at AWS or any compatible store.</summary>
public sealed record S3RepositoryPlan : RepositoryPlan
{
    /// <inheritdoc/>
    public override string Type => "s3";

    /// <summary>Bucket.</summary>
    public required string Bucket { get; init; }

    /// <summary>Prefix of all keys; no leading or trailing slash.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Endpoint URL; null = AWS.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Region. Default <c>us-east-1</c>.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>Bucket in the path, not in the host name. Default: true with an own endpoint.</summary>
    public bool? PathStyle { get; init; }

    /// <summary>Reference to the access key; null = the usual AWS chain (environment, profile, instance role).</summary>
    public SecretReference? AccessKey { get; init; }

    /// <summary>Reference to the secret key.</summary>
    public SecretReference? SecretKey { get; init; }

    /// <summary>Reference to the session token.</summary>
    public SecretReference? SessionToken { get; init; }

    /// <summary>Named AWS profile.</summary>
    public string? Profile { get; init; }

    /// <summary>Storage class, e.g. <c>STANDARD_IA</c>.</summary>
    public string? StorageClass { get; init; }

    /// <summary>Server-side encryption: <c>AES256</c> or <c>aws:kms</c>; null = the bucket's default.</summary>
    public string? ServerSideEncryption { get; init; }

    /// <summary>KMS key id.</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>Object-lock mode: <c>GOVERNANCE</c> or <c>COMPLIANCE</c>; null = none set by us.</summary>
    public string? ObjectLockMode { get; init; }

    /// <summary>Object-lock retention from the moment of writing.</summary>
    public TimeSpan? ObjectLockFor { get; init; }

    /// <summary>Which checksums are sent. Default <c>auto</c>: SDK checksums for AWS, Content-MD5 for own endpoints.</summary>
    public S3ChecksumMode Checksums { get; init; } = S3ChecksumMode.Auto;

    /// <summary>Parts in flight at once, of all objects together. Default 4.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>PEM file with the CA of the endpoint; null = the system's.</summary>
    public string? CaFile { get; init; }
}

/// <summary>Checksum behaviour of the S3 driver.</summary>
public enum S3ChecksumMode
{
    /// <summary><see cref="Sdk"/> for AWS, <see cref="Md5"/> for own endpoints (older Ceph and others refuse the SDK's trailers).</summary>
    Auto,

    /// <summary>The SDK's default (CRC32 trailers).</summary>
    Sdk,

    /// <summary>Content-MD5 on every body; no trailers.</summary>
    Md5,
}

/// <summary>Any remote of rclone.</summary>
public sealed record RcloneRepositoryPlan : RepositoryPlan
{
    /// <inheritdoc/>
    public override string Type => "rclone";

    /// <summary>Remote and path, e.g. <c>gcs:bucket/folder</c>.</summary>
    public required string Remote { get; init; }

    /// <summary>rclone's configuration file; null = its default.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Reference to the password of an encrypted configuration.</summary>
    public SecretReference? ConfigPassword { get; init; }
}

/// <summary>A folder reached by OpenSSH's sftp.</summary>
public sealed record SftpRepositoryPlan : RepositoryPlan
{
    /// <inheritdoc/>
    public override string Type => "sftp";

    /// <summary>Host.</summary>
    public required string Host { get; init; }

    /// <summary>Port. Default 22.</summary>
    public int Port { get; init; } = 22;

    /// <summary>User; null = ssh's own choice.</summary>
    public string? User { get; init; }

    /// <summary>Folder on the host.</summary>
    public required string Path { get; init; }

    /// <summary>Private key file; null = ssh's own choice (agent, configuration).</summary>
    public string? IdentityFile { get; init; }

    /// <summary>known_hosts file; null = ssh's own. Unknown hosts are always refused.</summary>
    public string? KnownHostsFile { get; init; }
}
