using System.Net;
using System.Security.Authentication;
using Amazon.Runtime;
using Amazon.S3;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.S3;

/// <summary>What the errors of S3 and its likes mean for us.</summary>
internal static class S3Errors
{
    private static readonly HashSet<string> s_credentials = new(StringComparer.Ordinal)
    {
        "AccessDenied", "AllAccessDisabled", "ExpiredToken", "Forbidden", "InvalidAccessKeyId", "InvalidToken", "NotSignedUp",
        "SignatureDoesNotMatch", "TokenRefreshRequired", "UserSuspended",
    };

    private static readonly HashSet<string> s_passing = new(StringComparer.Ordinal)
    {
        "BadDigest", "ConditionalRequestConflict", "IncompleteBody", "InternalError", "OperationAborted", "RequestTimeout",
        "ServiceUnavailable", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequests",
    };

    /// <summary>The condition “only if there is none” was not met.</summary>
    public static bool IsConditionNotMet(AmazonS3Exception e) => e.StatusCode == HttpStatusCode.PreconditionFailed || e.ErrorCode == "PreconditionFailed";

    /// <summary>The store knows no conditional writes.</summary>
    public static bool IsNotImplemented(AmazonS3Exception e) => e.StatusCode == HttpStatusCode.NotImplemented || e.ErrorCode == "NotImplemented";

    /// <summary>The bucket is missing, as opposed to the object.</summary>
    public static bool IsNoBucket(AmazonS3Exception e) => e.ErrorCode == "NoSuchBucket";

    /// <summary>Object or upload is missing.</summary>
    public static bool IsNotFound(AmazonS3Exception e) => e.StatusCode == HttpStatusCode.NotFound && !IsNoBucket(e);

    /// <summary>A deletion was refused by a lock, a legal hold or a policy.</summary>
    public static bool IsRetained(AmazonS3Exception e)
        => e.ErrorCode is "AccessDenied" or "ObjectLocked" || (e.Message?.Contains("WORM", StringComparison.OrdinalIgnoreCase) ?? false);

    /// <summary>Our exception for the SDK's; null for what is none of its.</summary>
    public static DrpException? Translate(Exception e, RepositoryAction action, string repository, string subject, Redactor redactor) => e switch
    {
        AmazonS3Exception s3 => Translate(s3, action, repository, subject, redactor),
        AmazonServiceException { InnerException: HttpRequestException inner } => Translate(inner, action, repository, subject, redactor),
        AmazonServiceException service => Refused(DrpError.Failed, service, action, repository, subject, redactor, transient: (int)service.StatusCode >= 500),
        // No credentials anywhere in the chain, an unreadable profile, a token service that does not answer.
        AmazonClientException client when client.InnerException is not (HttpRequestException or IOException)
            => RepositoryErrors.Make(DrpError.KeyOrPassphrase, action, repository, subject, redactor.Clean(client.Message), e, RepositoriesTexts.S3CredentialsHint),
        AmazonClientException { InnerException: { } inner } => Translate(inner, action, repository, subject, redactor),
        HttpRequestException http => Translate(http, action, repository, subject, redactor),
        IOException or System.Net.Sockets.SocketException => Unreachable(e, action, repository, subject, redactor),
        _ => null,
    };

    private static DrpException Translate(AmazonS3Exception e, RepositoryAction action, string repository, string subject, Redactor redactor)
    {
        int status = (int)e.StatusCode;
        if (e.InnerException is HttpRequestException http && status == 0) return Translate(http, action, repository, subject, redactor);
        string code = e.ErrorCode ?? "";
        if (IsNoBucket(e)) return Refused(DrpError.RepositoryMissing, e, action, repository, subject, redactor, RepositoriesTexts.S3BucketHint);
        if (code is "QuotaExceeded" or "InsufficientStorage" or "XMinioStorageFull" || status == 507) return RepositoryErrors.NoSpace(repository, subject, e);
        if (code is "RequestTimeTooSkewed") return Refused(DrpError.Failed, e, action, repository, subject, redactor, RepositoriesTexts.S3ClockHint);
        if (s_credentials.Contains(code) || status is 401 or 403) return Refused(DrpError.KeyOrPassphrase, e, action, repository, subject, redactor, RepositoriesTexts.S3CredentialsHint);
        // Bytes that changed on the way; or, again and again, a store that does not understand what the body is sent in.
        if (code is "XAmzContentSHA256Mismatch" or "NotImplemented")
            return Refused(DrpError.Failed, e, action, repository, subject, redactor, RepositoriesTexts.S3ChecksumHint, transient: code != "NotImplemented");
        if (code is "PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" || status is 301 or 307)
            return Refused(DrpError.Failed, e, action, repository, subject, redactor, RepositoriesTexts.S3RegionHint);
        if (status == 0 && code.Length == 0) return Unreachable(e, action, repository, subject, redactor);
        bool transient = s_passing.Contains(code) || status is 429 or >= 500 and not 501;
        return Refused(transient ? DrpError.Unreachable : DrpError.Failed, e, action, repository, subject, redactor, transient ? RepositoriesTexts.NetworkHint : null, transient);
    }

    private static DrpException Translate(HttpRequestException e, RepositoryAction action, string repository, string subject, Redactor redactor)
        => e.InnerException is AuthenticationException
            ? RepositoryErrors.Make(DrpError.Unreachable, action, repository, subject, redactor.Clean(e.InnerException.Message), e, RepositoriesTexts.S3TlsHint)
            : Unreachable(e, action, repository, subject, redactor);

    private static DrpException Unreachable(Exception e, RepositoryAction action, string repository, string subject, Redactor redactor)
        => RepositoryErrors.Make(DrpError.Unreachable, action, repository, subject, redactor.Clean((e.InnerException ?? e).Message), e, RepositoriesTexts.NetworkHint, transient: true);

    private static DrpException Refused(
        DrpError error, AmazonServiceException e, RepositoryAction action, string repository, string subject, Redactor redactor, string? hint = null, bool transient = false)
    {
        // Some stores answer with a code and no message, others with neither.
        string[] parts = [e.ErrorCode ?? "", e.Message ?? "", (int)e.StatusCode == 0 ? "" : $"HTTP {(int)e.StatusCode}"];
        string reason = string.Join(", ", parts.Where(p => p.Length > 0).Distinct(StringComparer.Ordinal));
        return RepositoryErrors.Make(error, action, repository, subject, redactor.Clean(reason), e, hint, transient);
    }
}
