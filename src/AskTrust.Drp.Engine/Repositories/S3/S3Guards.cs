using Amazon.S3;
using Amazon.S3.Model;

namespace AskTrust.Drp.Engine.Repositories.S3;

/// <summary>Looks after a write at what some compatible stores do not do by themselves.</summary>
internal static class S3Guards
{
    /// <summary>
    /// For stores that ignore conditions in buckets with versions (Ceph): of the versions that writers at the same instant made, the
    /// oldest counts; a later one takes itself back.
    /// </summary>
    /// <param name="repository">The repository.</param>
    /// <param name="key">The key.</param>
    /// <param name="version">The version just written; null or empty in a bucket without versions.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="ObjectExistsException">Another was first.</exception>
    public static async Task YieldToOlderVersionAsync(S3Repository repository, string key, string? version, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(version) || repository.Plan.Endpoint is null) return;
        string full = repository.FullKey(key);
        var list = new ListVersionsRequest { BucketName = repository.Plan.Bucket, Prefix = full };
        ListVersionsResponse page = await repository.CallAsync(RepositoryAction.Write, key, (s3, token) => s3.ListVersionsAsync(list, token), ct).ConfigureAwait(false);
        // Newest first; what lies below a deletion mark is the past.
        S3ObjectVersion? oldest = (page.Versions ?? []).Where(v => v.Key == full).TakeWhile(v => v.IsDeleteMarker != true).LastOrDefault();
        if (oldest is null || oldest.VersionId == version) return;
        var delete = new DeleteObjectRequest { BucketName = repository.Plan.Bucket, Key = full, VersionId = version };
        await repository.CallAsync(RepositoryAction.Delete, key, (s3, token) => s3.DeleteObjectAsync(delete, token), ct).ConfigureAwait(false);
        throw new ObjectExistsException(repository.Name, key);
    }

    /// <summary>
    /// Some stores (Ceph 16) accept the lock on an upload in parts and then forget it. An object that was to be locked and is not
    /// would be a false promise: the lock is set afterwards, or the write fails.
    /// </summary>
    public static async Task EnsureLockAsync(S3Repository repository, string key, GetObjectMetadataResponse head, CancellationToken ct)
    {
        if (S3Requests.LockUntil(repository) is not { } until || repository.Plan.Endpoint is null || head.ObjectLockMode is not null) return;
        var request = new PutObjectRetentionRequest
        {
            BucketName = repository.Plan.Bucket,
            Key = repository.FullKey(key),
            VersionId = head.VersionId,
            Retention = new ObjectLockRetention { Mode = new ObjectLockRetentionMode(repository.Plan.ObjectLockMode), RetainUntilDate = until },
        };
        await repository.CallAsync(RepositoryAction.Write, key, (s3, token) => s3.PutObjectRetentionAsync(request, token), ct).ConfigureAwait(false);
    }
}
