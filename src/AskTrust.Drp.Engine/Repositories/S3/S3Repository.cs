using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;
using AskTrust.Drp.Engine.Host;
using Polly;

namespace AskTrust.Drp.Engine.Repositories.S3;

/// <summary>
/// Objects in a bucket, at AWS or any compatible store. Uploads are never visible before they are complete, which is S3's own
/// promise; nothing is overwritten thanks to conditional writes, or to a look before, where the store knows no conditions.
/// </summary>
internal sealed class S3Repository : IRepository
{
    private readonly S3RepositoryPlan _plan;
    private readonly IAmazonS3 _client;
    private readonly HttpClient _connections;
    private readonly Redactor _redactor;
    private readonly string _prefix;
    private bool _bucketSeen;

    private S3Repository(S3RepositoryPlan plan, HostContext host, S3Tuning tuning, IAmazonS3 client, HttpClient connections)
    {
        (_plan, Clock, Tuning, _client, _connections, _redactor) = (plan, host.Clock, tuning, client, connections, host.Redactor);
        _prefix = plan.Prefix.Trim('/') is { Length: > 0 } prefix ? prefix + "/" : "";
        Retry = tuning.Retry.Build(host.Clock);
        Parts = new S3Parts(tuning, plan.Parallel);
        string at = plan.Endpoint is null ? "" : $" ({new Uri(plan.Endpoint).GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)})";
        Location = $"s3://{plan.Bucket}/{_prefix}{at}";
    }

    /// <summary>Opens the repository of a plan; contacts nothing but secret stores.</summary>
    public static Task<IRepository> OpenAsync(S3RepositoryPlan plan, HostContext host, CancellationToken ct) => OpenAsync(plan, host, new S3Tuning(), ct);

    /// <summary>As above, with other numbers.</summary>
    public static async Task<IRepository> OpenAsync(S3RepositoryPlan plan, HostContext host, S3Tuning tuning, CancellationToken ct)
    {
        var (client, connections) = await S3ClientMaker.MakeAsync(plan, host, tuning, ct).ConfigureAwait(false);
        return new S3Repository(plan, host, tuning, client, connections);
    }

    /// <inheritdoc/>
    public string Name => _plan.Name;

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <summary>The plan's settings.</summary>
    internal S3RepositoryPlan Plan => _plan;

    /// <summary>The driver's numbers.</summary>
    internal S3Tuning Tuning { get; }

    /// <summary>What its uploads hold together.</summary>
    internal S3Parts Parts { get; }

    /// <summary>Retries what is transient.</summary>
    internal ResiliencePipeline Retry { get; }

    /// <summary>The clock.</summary>
    internal TimeProvider Clock { get; }

    /// <summary>False once the store said that it knows no conditional writes.</summary>
    internal bool WritesConditionally { get; set; } = true;

    /// <inheritdoc/>
    public async Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct)
    {
        // An early look saves sending gigabytes for nothing; what counts is the condition on completion.
        if (await StatAsync(key, ct).ConfigureAwait(false) is not null) throw new ObjectExistsException(Name, key);
        return new S3Sink(this, key, expectedSize);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        string full = FullKey(key);
        // Ranges of no bytes do not exist in HTTP.
        if (length == 0) return await NothingAsync(key, offset, 0, ct).ConfigureAwait(false);
        var request = new GetObjectRequest { BucketName = _plan.Bucket, Key = full };
        if (offset > 0 || length is not null) request.ByteRange = new ByteRange(length is null ? $"bytes={offset}-" : $"bytes={offset}-{offset + length - 1}");
        try
        {
            GetObjectResponse response = await CallAsync(RepositoryAction.Read, key, (s3, token) => s3.GetObjectAsync(request, token), ct).ConfigureAwait(false);
            return new ExactStream(response.ResponseStream, length ?? response.ContentLength, Name, key, Tuning.Idle, e => TranslateRead(e, key));
        }
        catch (DrpException e) when (e.InnerException is AmazonS3Exception { ErrorCode: "InvalidRange" or "RequestedRangeNotSatisfiable" } or AmazonS3Exception { StatusCode: System.Net.HttpStatusCode.RequestedRangeNotSatisfiable })
        {
            return await NothingAsync(key, offset, length, ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (e.InnerException is AmazonS3Exception s3 && S3Errors.IsNotFound(s3))
        {
            throw new ObjectMissingException(Name, key, s3);
        }
    }

    /// <inheritdoc/>
    public async Task<StoredObject?> StatAsync(string key, CancellationToken ct)
        => await HeadAsync(key, ct).ConfigureAwait(false) is { } head
            ? new StoredObject(key, head.ContentLength, new DateTimeOffset(DateTime.SpecifyKind((head.LastModified ?? default).ToUniversalTime(), DateTimeKind.Utc)))
            : null;

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        RepositoryKey.CheckPrefix(prefix);
        string? next = null;
        do
        {
            var request = new ListObjectsV2Request { BucketName = _plan.Bucket, Prefix = _prefix + prefix, ContinuationToken = next };
            ListObjectsV2Response page = await CallAsync(RepositoryAction.List, prefix, (s3, token) => s3.ListObjectsV2Async(request, token), ct).ConfigureAwait(false);
            _bucketSeen = true;
            foreach (S3Object found in page.S3Objects ?? [])
            {
                string key = found.Key[_prefix.Length..];
                // Foreign objects with names that we would never give are none of our business.
                if (RepositoryKey.IsLegal(key)) yield return new StoredObject(key, found.Size ?? 0, new DateTimeOffset((found.LastModified ?? default).ToUniversalTime()));
            }

            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
    }

    /// <inheritdoc/>
    public async Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct)
    {
        // In a bucket with versions a plain deletion would only hide the object, and succeed even under a lock: the version itself must go.
        while (await HeadAsync(key, ct).ConfigureAwait(false) is { } head)
        {
            var request = new DeleteObjectRequest { BucketName = _plan.Bucket, Key = FullKey(key), VersionId = head.VersionId };
            try
            {
                await CallAsync(RepositoryAction.Delete, key, (s3, token) => s3.DeleteObjectAsync(request, token), ct).ConfigureAwait(false);
            }
            catch (DrpException e) when (e.InnerException is AmazonS3Exception s3 && S3Errors.IsRetained(s3))
            {
                return DeleteOutcome.Retained;
            }

            if (string.IsNullOrEmpty(head.VersionId)) break;
        }

        return DeleteOutcome.Deleted;
    }

    /// <inheritdoc/>
    public async Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct)
    {
        RepositoryKey.CheckPrefix(prefix);
        DateTimeOffset before = Clock.GetUtcNow() - olderThan;
        int removed = 0;
        var request = new ListMultipartUploadsRequest { BucketName = _plan.Bucket, Prefix = _prefix + prefix };
        while (true)
        {
            ListMultipartUploadsResponse page = await CallAsync(RepositoryAction.Delete, prefix, (s3, token) => s3.ListMultipartUploadsAsync(request, token), ct).ConfigureAwait(false);
            foreach (MultipartUpload upload in page.MultipartUploads ?? [])
            {
                // Only what a writer of ours could have begun.
                if (!RepositoryKey.IsLegal(upload.Key[_prefix.Length..]) || new DateTimeOffset((upload.Initiated ?? default).ToUniversalTime()) > before) continue;
                if (await AbortAsync(upload.Key, upload.UploadId, ct).ConfigureAwait(false)) removed++;
            }

            if (page.IsTruncated != true) return removed;
            (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
        }
    }

    /// <inheritdoc/>
    public Task<long?> FreeSpaceAsync(CancellationToken ct) => Task.FromResult<long?>(null);

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken ct)
    {
        await LookAsync(ct).ConfigureAwait(false);
        if (_plan.ReadOnly) return;
        // An upload begun and given up needs the right to write (and valid lock, key and class settings), yet leaves nothing, also in a bucket that never forgets.
        string key = _prefix + "drp-check";
        InitiateMultipartUploadRequest begin = S3Requests.Initiate(this, key, "check");
        InitiateMultipartUploadResponse begun = await CallAsync(RepositoryAction.Open, Location, (s3, token) => s3.InitiateMultipartUploadAsync(begin, token), ct).ConfigureAwait(false);
        await AbortAsync(key, begun.UploadId, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<bool> LookAsync(CancellationToken ct)
    {
        var list = new ListObjectsV2Request { BucketName = _plan.Bucket, Prefix = _prefix, MaxKeys = 1 };
        await CallAsync(RepositoryAction.Open, Location, (s3, token) => s3.ListObjectsV2Async(list, token), ct).ConfigureAwait(false);
        _bucketSeen = true;
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        _connections.Dispose();
        Parts.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The key in the bucket.</summary>
    internal string FullKey(string key) => _prefix + RepositoryKey.Check(key);

    /// <summary>One request, with our exceptions and an end to waiting.</summary>
    internal async Task<T> CallAsync<T>(RepositoryAction action, string subject, Func<IAmazonS3, CancellationToken, Task<T>> call, CancellationToken ct)
    {
        using var watch = new ProgressWatch(Tuning.Idle, ct);
        return await CallAsync(action, subject, call, watch, ct).ConfigureAwait(false);
    }

    /// <summary>As above, with a watch that the caller touches.</summary>
    internal async Task<T> CallAsync<T>(RepositoryAction action, string subject, Func<IAmazonS3, CancellationToken, Task<T>> call, ProgressWatch watch, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            return await call(_client, watch.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (watch.Expired)
        {
            throw RepositoryErrors.Stalled(action, Name, subject, Tuning.Idle, e);
        }
        catch (Exception e) when (!ct.IsCancellationRequested && S3Errors.Translate(e, action, Name, subject, _redactor) is { } ours)
        {
            throw ours;
        }
        catch (Exception e) when (ct.IsCancellationRequested && e is not OperationCanceledException)
        {
            throw new OperationCanceledException(e.Message, e, ct);
        }
    }

    /// <summary>What the store knows of an object; null when there is none.</summary>
    internal async Task<GetObjectMetadataResponse?> HeadAsync(string key, CancellationToken ct, string? version = null)
    {
        var request = new GetObjectMetadataRequest { BucketName = _plan.Bucket, Key = FullKey(key), VersionId = version };
        try
        {
            GetObjectMetadataResponse head = await CallAsync(RepositoryAction.Read, key, (s3, token) => s3.GetObjectMetadataAsync(request, token), ct).ConfigureAwait(false);
            _bucketSeen = true;
            return head;
        }
        catch (DrpException e) when (e.InnerException is AmazonS3Exception s3 && S3Errors.IsNotFound(s3))
        {
            // The answer to HEAD has no body and cannot tell a missing bucket from a missing object.
            if (_bucketSeen) return null;
            var list = new ListObjectsV2Request { BucketName = _plan.Bucket, Prefix = _prefix, MaxKeys = 1 };
            await CallAsync(RepositoryAction.Open, Location, (client, token) => client.ListObjectsV2Async(list, token), ct).ConfigureAwait(false);
            _bucketSeen = true;
            return null;
        }
    }

    /// <summary>Gives an upload up.</summary>
    /// <returns>False when it was not there any more.</returns>
    internal async Task<bool> AbortAsync(string fullKey, string uploadId, CancellationToken ct)
    {
        var request = new AbortMultipartUploadRequest { BucketName = _plan.Bucket, Key = fullKey, UploadId = uploadId };
        try
        {
            await CallAsync(RepositoryAction.Delete, fullKey, (s3, token) => s3.AbortMultipartUploadAsync(request, token), ct).ConfigureAwait(false);
            return true;
        }
        catch (DrpException e) when (e.InnerException is AmazonS3Exception s3 && S3Errors.IsNotFound(s3))
        {
            return false;
        }
    }

    private async Task<Stream> NothingAsync(string key, long offset, long? length, CancellationToken ct)
    {
        StoredObject found = await StatAsync(key, ct).ConfigureAwait(false) ?? throw new ObjectMissingException(Name, key);
        long expected = offset <= found.Size && length is null or 0 ? 0 : Math.Max(1, length ?? 0);
        return new ExactStream(Stream.Null, expected, Name, key, Tuning.Idle, _ => null);
    }

    private Exception? TranslateRead(Exception e, string key)
        => e is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }
            ? new EndOfStreamException($"{Name}: {key}", e)
            : S3Errors.Translate(e, RepositoryAction.Read, Name, key, _redactor);
}
