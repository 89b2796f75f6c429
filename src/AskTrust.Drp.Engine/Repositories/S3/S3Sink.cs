using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Amazon.S3;
using Amazon.S3.Model;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.S3;

/// <summary>
/// Writes one object: a small one as a whole, a large one in parts, several of them on their way at once. Each part is kept
/// until the store has it, so that it can be sent again.
/// </summary>
internal sealed class S3Sink(S3Repository repository, string key, long? expectedSize) : IProgressSink
{
    private const int SmallestBuffer = 64 * 1024;
    private static readonly TimeSpan s_cleanup = TimeSpan.FromSeconds(20);
    private readonly string _writer = Guid.NewGuid().ToString("N");
    private readonly List<Task> _running = [];
    private readonly SortedDictionary<int, PartETag> _parts = [];
    private readonly CancellationTokenSource _abandoned = new();
    private byte[] _buffer = [];
    private int _filled;
    private int _partNumber = 1;
    private long _length;
    private string? _uploadId;
    private bool _done;

    /// <inheritdoc/>
    public long Moved => repository.Parts.Moved;

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        while (!bytes.IsEmpty)
        {
            int partSize = repository.Tuning.PartSize(_partNumber, expectedSize);
            // A full part goes only when more follows: an object of exactly one part is still sent as a whole.
            if (_filled == partSize)
            {
                await SendPartAsync(ct).ConfigureAwait(false);
                continue;
            }

            int take = Math.Min(bytes.Length, partSize - _filled);
            Reserve(_filled + take, partSize);
            bytes[..take].CopyTo(_buffer.AsMemory(_filled));
            _filled += take;
            _length += take;
            bytes = bytes[take..];
        }
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (_uploadId is null)
        {
            await repository.Retry.ExecuteAsync(token => PutAsync(token), ct).ConfigureAwait(false);
        }
        else
        {
            await SendPartAsync(ct).ConfigureAwait(false);
            await Task.WhenAll(_running).WaitAsync(ct).ConfigureAwait(false);
            await repository.Retry.ExecuteAsync(token => CompleteUploadAsync(token), ct).ConfigureAwait(false);
        }

        _done = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _abandoned.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // After a failure a request that was given up may still be reading the buffer: it is not passed on.
        if (_done) Release();
        if (_uploadId is not null && !_done) await GiveUpAsync(_uploadId).ConfigureAwait(false);
        _abandoned.Dispose();
    }

    private async Task GiveUpAsync(string uploadId)
    {
        // Cleaning up has a short clock of its own: what it cannot do, the sweep does later.
        using var brief = new CancellationTokenSource(s_cleanup, repository.Clock);
        try
        {
            await repository.Retry.ExecuteAsync(async token => await repository.AbortAsync(repository.FullKey(key), uploadId, token).ConfigureAwait(false), brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
        }
    }

    private async ValueTask PutAsync(CancellationToken ct)
    {
        if (!repository.WritesConditionally && await repository.HeadAsync(key, ct).ConfigureAwait(false) is { } other) ThrowUnlessOurs(other);
        using var watch = new ProgressWatch(repository.Tuning.Idle, ct, repository.Parts.CountMove);
        PutObjectRequest request = S3Requests.Put(repository, key, _writer, _buffer, _filled, watch);
        try
        {
            PutObjectResponse put = await repository.CallAsync(RepositoryAction.Write, key, (s3, token) => s3.PutObjectAsync(request, token), watch, ct).ConfigureAwait(false);
            await S3Guards.YieldToOlderVersionAsync(repository, key, put.VersionId, ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (e.InnerException is AmazonS3Exception)
        {
            if (!await IsOursAfterAllAsync((AmazonS3Exception)e.InnerException!, ct).ConfigureAwait(false)) throw;
        }
    }

    /// <summary>Sends what is in the buffer on its way; waits only for a free place.</summary>
    private async Task SendPartAsync(CancellationToken ct)
    {
        if (_partNumber > S3Tuning.MaxParts)
            throw RepositoryErrors.Make(DrpError.Failed, RepositoryAction.Write, repository.Name, key, RepositoriesTexts.S3TooLarge);
        _uploadId ??= await repository.Retry.ExecuteAsync(async token => await BeginAsync(token).ConfigureAwait(false), ct).ConfigureAwait(false);
        int places = await repository.Parts.EnterAsync(_filled, ct).ConfigureAwait(false);
        _running.RemoveAll(t => t.IsCompletedSuccessfully);
        if (_running.Find(t => t.IsFaulted) is { } failed)
        {
            repository.Parts.Leave(places);
            ExceptionDispatchInfo.Throw(failed.Exception!.InnerException!);
        }

        _running.Add(UploadAsync(_uploadId, _partNumber++, _buffer, _filled, places));
        (_buffer, _filled) = ([], 0);
    }

    private async Task<string> BeginAsync(CancellationToken ct)
    {
        InitiateMultipartUploadRequest request = S3Requests.Initiate(repository, repository.FullKey(key), _writer);
        InitiateMultipartUploadResponse begun = await repository.CallAsync(RepositoryAction.Write, key, (s3, token) => s3.InitiateMultipartUploadAsync(request, token), ct).ConfigureAwait(false);
        return begun.UploadId;
    }

    private async Task UploadAsync(string uploadId, int number, byte[] buffer, int count, int places)
    {
        // Off the writer's back: digesting the part takes time as well.
        await Task.Yield();
        try
        {
            UploadPartResponse response = await repository.Retry.ExecuteAsync(async token =>
            {
                using var watch = new ProgressWatch(repository.Tuning.Idle, token, repository.Parts.CountMove);
                UploadPartRequest request = S3Requests.Part(repository, key, uploadId, number, buffer, count, watch);
                return await repository.CallAsync(RepositoryAction.Write, key, (s3, t) => s3.UploadPartAsync(request, t), watch, token).ConfigureAwait(false);
            }, _abandoned.Token).ConfigureAwait(false);
            // Only after success, for the same reason as in DisposeAsync.
            repository.Parts.Buffers.Return(buffer);
            lock (_parts) _parts[number] = new PartETag { PartNumber = number, ETag = response.ETag, ChecksumCRC32 = response.ChecksumCRC32 };
        }
        finally
        {
            repository.Parts.Leave(places);
        }
    }

    private async ValueTask CompleteUploadAsync(CancellationToken ct)
    {
        if (await repository.HeadAsync(key, ct).ConfigureAwait(false) is { } other)
        {
            ThrowUnlessOurs(other);
            await S3Guards.EnsureLockAsync(repository, key, other, ct).ConfigureAwait(false);
            return;
        }

        var request = new CompleteMultipartUploadRequest
        {
            BucketName = repository.Plan.Bucket,
            Key = repository.FullKey(key),
            UploadId = _uploadId,
            PartETags = [.. _parts.Values],
            IfNoneMatch = repository.WritesConditionally ? "*" : null,
        };
        string? version;
        try
        {
            CompleteMultipartUploadResponse completed =
                await repository.CallAsync(RepositoryAction.Write, key, (s3, token) => s3.CompleteMultipartUploadAsync(request, token), ct).ConfigureAwait(false);
            version = string.IsNullOrEmpty(completed.VersionId) ? null : completed.VersionId;
            await S3Guards.YieldToOlderVersionAsync(repository, key, version, ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (e.InnerException is AmazonS3Exception)
        {
            if (!await IsOursAfterAllAsync((AmazonS3Exception)e.InnerException!, ct).ConfigureAwait(false)) throw;
            return;
        }

        // Some stores answer “done” with an error in the body, or ignore the condition: what is there now must be ours, and whole.
        GetObjectMetadataResponse? head = await repository.HeadAsync(key, ct, version).ConfigureAwait(false);
        ThrowUnlessOurs(head);
        await S3Guards.EnsureLockAsync(repository, key, head, ct).ConfigureAwait(false);
    }

    /// <summary>True when the refusal means that our object is there; false when it means something else.</summary>
    private async Task<bool> IsOursAfterAllAsync(AmazonS3Exception e, CancellationToken ct)
    {
        if (S3Errors.IsNotImplemented(e) && repository.WritesConditionally)
        {
            repository.WritesConditionally = false;
            throw RepositoryErrors.Make(DrpError.Failed, RepositoryAction.Write, repository.Name, key, e.ErrorCode ?? "501", e, transient: true);
        }

        if (!S3Errors.IsConditionNotMet(e) && !S3Errors.IsNotFound(e)) return false;
        GetObjectMetadataResponse? found = await repository.HeadAsync(key, ct).ConfigureAwait(false);
        if (found is null) return false;
        ThrowUnlessOurs(found);
        await S3Guards.EnsureLockAsync(repository, key, found, ct).ConfigureAwait(false);
        return true;
    }

    private void ThrowUnlessOurs([NotNull] GetObjectMetadataResponse? found)
    {
        if (found is null) throw RepositoryErrors.Make(DrpError.Failed, RepositoryAction.Write, repository.Name, key, RepositoriesTexts.S3Vanished, transient: true);
        if (found.Metadata[S3Requests.WriterHeader] != _writer) throw new ObjectExistsException(repository.Name, key);
        if (found.ContentLength != _length)
            throw RepositoryErrors.Make(DrpError.VerificationFailed, RepositoryAction.Write, repository.Name, key, Text.Of(RepositoriesTexts.WrongSize, found.ContentLength, _length));
    }

    /// <summary>The buffer grows as small objects need it, up to a part.</summary>
    private void Reserve(int needed, int partSize)
    {
        if (_buffer.Length >= needed) return;
        int size = _uploadId is not null ? partSize : Math.Min(partSize, Math.Max(needed, Math.Max(SmallestBuffer, _buffer.Length * 4)));
        byte[] larger = repository.Parts.Buffers.Rent(size);
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        Release();
        _buffer = larger;
    }

    private void Release()
    {
        if (_buffer.Length > 0) repository.Parts.Buffers.Return(_buffer);
        _buffer = [];
    }
}
