using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Rclone;

/// <summary>Feeds <c>rclone rcat</c>; completing closes its input, waits for it and moves the object to its place.</summary>
internal sealed class RcloneSink(RcloneRepository repository, string key, string temporary, IRunningProcess process) : ISink
{
    private static readonly TimeSpan s_cleanup = TimeSpan.FromSeconds(30);
    private long _length;
    private bool _published;

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            await process.Input.WriteAsync(bytes, ct).ConfigureAwait(false);
            _length += bytes.Length;
        }
        catch (IOException e)
        {
            // It went away; on standard error it said why.
            int code = await process.WaitAsync(ct).ConfigureAwait(false);
            throw Failure(code, e);
        }
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            await process.Input.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The exit code tells.
        }

        int code = await process.WaitAsync(ct).ConfigureAwait(false);
        if (code != 0) throw Failure(code, cause: null);
        ct.ThrowIfCancellationRequested();
        // From here on there is no way back: what may become visible must not be reported as cancelled.
        if (!await repository.MoveAsync(temporary, key, _length, CancellationToken.None).ConfigureAwait(false)) throw new ObjectExistsException(repository.Name, key);
        _published = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Killed before its input ends, or else it would take the end for the end of the object.
        await process.DisposeAsync().ConfigureAwait(false);
        if (_published) return;
        using var brief = new CancellationTokenSource(s_cleanup);
        try
        {
            await repository.DiscardAsync(temporary, brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            // Left to the sweep; it has a name that nobody lists.
        }
    }

    private DrpException Failure(int code, IOException? cause)
    {
        DrpException failure = repository.Failure(code, process.Errors, RepositoryAction.Write, key);
        return cause is null ? failure : new DrpException(failure.Code, failure.Message, cause) { Hint = failure.Hint, Subject = failure.Subject, IsTransient = failure.IsTransient };
    }
}
