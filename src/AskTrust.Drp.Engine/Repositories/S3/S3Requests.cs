using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace AskTrust.Drp.Engine.Repositories.S3;

/// <summary>Requests that write, with what the plan wants on each of them.</summary>
internal static class S3Requests
{
    /// <summary>
    /// Metadata that names the writer: when the reply to a write is lost, and the repeated write finds an object there,
    /// this tells whether it is our own.
    /// </summary>
    public const string WriterHeader = "drp-writer";

    /// <summary>A whole object.</summary>
    public static PutObjectRequest Put(S3Repository repository, string key, string writer, byte[] buffer, int count, ProgressWatch watch)
    {
        S3RepositoryPlan plan = repository.Plan;
        var request = new PutObjectRequest
        {
            BucketName = plan.Bucket,
            Key = repository.FullKey(key),
            InputStream = new ProgressWatch.Body(buffer, count, watch),
            IfNoneMatch = repository.WritesConditionally ? "*" : null,
            ContentType = "application/octet-stream",
        };
        request.Metadata[WriterHeader] = writer;
        if (plan.StorageClass is { } storageClass) request.StorageClass = new S3StorageClass(storageClass);
        if (plan.ServerSideEncryption is { } encryption) request.ServerSideEncryptionMethod = new ServerSideEncryptionMethod(encryption);
        if (plan.KmsKeyId is { } kms) request.ServerSideEncryptionKeyManagementServiceKeyId = kms;
        if (LockUntil(repository) is { } until) (request.ObjectLockMode, request.ObjectLockRetainUntilDate) = (new ObjectLockMode(plan.ObjectLockMode), until);
        if (S3ClientMaker.UsesSdkChecksums(plan)) return request;
        // A store may demand it where an object lock is asked for.
        if (!IsSigned(plan) || request.ObjectLockMode is not null) request.MD5Digest = Md5(buffer, count);
        request.UseChunkEncoding = false;
        request.DisablePayloadSigning = IsEncrypted(plan);
        return request;
    }

    /// <summary>The begin of an upload in parts.</summary>
    public static InitiateMultipartUploadRequest Initiate(S3Repository repository, string fullKey, string writer)
    {
        S3RepositoryPlan plan = repository.Plan;
        var request = new InitiateMultipartUploadRequest { BucketName = plan.Bucket, Key = fullKey, ContentType = "application/octet-stream" };
        request.Metadata[WriterHeader] = writer;
        if (plan.StorageClass is { } storageClass) request.StorageClass = new S3StorageClass(storageClass);
        if (plan.ServerSideEncryption is { } encryption) request.ServerSideEncryptionMethod = new ServerSideEncryptionMethod(encryption);
        if (plan.KmsKeyId is { } kms) request.ServerSideEncryptionKeyManagementServiceKeyId = kms;
        if (LockUntil(repository) is { } until) (request.ObjectLockMode, request.ObjectLockRetainUntilDate) = (new ObjectLockMode(plan.ObjectLockMode), until);
        if (S3ClientMaker.UsesSdkChecksums(plan)) request.ChecksumAlgorithm = ChecksumAlgorithm.CRC32;
        return request;
    }

    /// <summary>A part.</summary>
    public static UploadPartRequest Part(S3Repository repository, string key, string uploadId, int number, byte[] buffer, int count, ProgressWatch watch)
    {
        S3RepositoryPlan plan = repository.Plan;
        var request = new UploadPartRequest
        {
            BucketName = plan.Bucket,
            Key = repository.FullKey(key),
            UploadId = uploadId,
            PartNumber = number,
            PartSize = count,
            InputStream = new ProgressWatch.Body(buffer, count, watch),
        };
        if (S3ClientMaker.UsesSdkChecksums(plan))
        {
            request.ChecksumAlgorithm = ChecksumAlgorithm.CRC32;
            return request;
        }

        if (!IsSigned(plan)) request.MD5Digest = Md5(buffer, count);
        request.UseChunkEncoding = false;
        request.DisablePayloadSigning = IsEncrypted(plan);
        return request;
    }

    /// <summary>End of the lock that the plan wants, from now on; null = none.</summary>
    public static DateTime? LockUntil(S3Repository repository)
        => repository.Plan is { ObjectLockMode: not null, ObjectLockFor: { } duration } ? (repository.Clock.GetUtcNow() + duration).UtcDateTime : null;

    /// <summary>Over TLS the body needs no signature of its own: TLS and the MD5 guard it, and a whole SHA-256 is saved.</summary>
    private static bool? IsEncrypted(S3RepositoryPlan plan) => IsHttp(plan) ? null : true;

    /// <summary>Without TLS the signature holds the SHA-256 of the body, which the store compares: an MD5 beside it would say the same again, for one more pass over the bytes. Who asks for it gets it.</summary>
    private static bool IsSigned(S3RepositoryPlan plan) => IsHttp(plan) && plan.Checksums != S3ChecksumMode.Md5;

    private static bool IsHttp(S3RepositoryPlan plan) => plan.Endpoint?.StartsWith("http://", StringComparison.OrdinalIgnoreCase) == true;

#pragma warning disable CA5351 // Content-MD5 is what the protocol asks for; it guards against accidents, not attackers.
    private static string Md5(byte[] buffer, int count) => Convert.ToBase64String(MD5.HashData(buffer.AsSpan(0, count)));
#pragma warning restore CA5351
}
