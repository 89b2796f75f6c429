namespace AskTrust.Drp.Engine.Repositories.Rclone;

/// <summary>What rclone's exit codes and words mean; behind them stand some fifty kinds of servers, so the words are matched loosely.</summary>
internal static class RcloneErrors
{
    private const int ExitTemporary = 5;

    private static readonly string[] s_refusals =
    [
        "AccessDenied", "access denied", "permission denied", "operation not permitted", "retention", "object lock", "ObjectLocked", "immutable", "InvalidRequest: Object is WORM",
    ];

    private static readonly string[] s_credentials =
    [
        "AccessDenied", "access denied", "permission denied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "401", "Unauthorized", "Forbidden",
        "unable to authenticate", "couldn't fetch token", "invalid_grant", "Couldn't decrypt configuration", "unable to decrypt configuration", "no supported methods remain",
    ];

    private static readonly string[] s_space = ["no space left", "QuotaExceeded", "quota exceeded", "insufficient storage", "insufficient_space", "storageQuotaExceeded", "disk quota"];

    private static readonly string[] s_network =
    [
        "dial tcp", "connection refused", "connection reset", "i/o timeout", "no such host", "TLS handshake", "network is unreachable", "unexpected EOF", "SlowDown",
        "500 Internal", "502 Bad", "503 Service", "504 Gateway", "429 Too", "ServiceUnavailable", "InternalError", "context deadline exceeded",
    ];

    /// <summary>The store refused a deletion.</summary>
    public static bool IsRefusal(string errors) => Says(errors, s_refusals);

    /// <summary>The bucket itself is missing.</summary>
    public static bool IsNoBucket(string errors) => Says(errors, ["NoSuchBucket", "bucket does not exist", "container not found"]);

    /// <summary>Makes the exception.</summary>
    public static DrpException Make(string repository, string subject, RepositoryAction action, int exitCode, string errors)
    {
        string reason = Reason(errors, exitCode);
        if (Says(errors, s_space)) return RepositoryErrors.NoSpace(repository, subject, cause: null);
        if (Says(errors, ["didn't find section in config file", "not found in config"]))
            return RepositoryErrors.Make(DrpError.PlanInvalid, action, repository, subject, reason, hint: RepositoriesTexts.RcloneRemoteHint);
        if (IsNoBucket(errors)) return RepositoryErrors.Make(DrpError.RepositoryMissing, action, repository, subject, reason, hint: RepositoriesTexts.S3BucketHint);
        if (Says(errors, s_network) || exitCode == ExitTemporary)
            return RepositoryErrors.Make(DrpError.Unreachable, action, repository, subject, reason, hint: RepositoriesTexts.NetworkHint, transient: true);
        if (Says(errors, s_credentials))
            return RepositoryErrors.Make(DrpError.KeyOrPassphrase, action, repository, subject, reason, hint: RepositoriesTexts.RcloneCredentialsHint);
        return RepositoryErrors.Make(DrpError.Failed, action, repository, subject, reason, hint: RepositoriesTexts.RcloneRemoteHint);
    }

    private static bool Says(string errors, string[] words) => Array.Exists(words, w => errors.Contains(w, StringComparison.OrdinalIgnoreCase));

    /// <summary>The last line, without its time stamp.</summary>
    private static string Reason(string errors, int exitCode)
    {
        string line = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? $"rclone: {exitCode}";
        return line.Length > 20 && char.IsAsciiDigit(line[0]) && line[4] == '/' && line[19] == ' ' ? line[20..].Trim() : line;
    }
}
