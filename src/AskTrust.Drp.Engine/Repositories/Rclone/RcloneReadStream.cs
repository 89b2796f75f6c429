using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Rclone;

/// <summary>The output of <c>rclone cat</c>; an end that rclone does not call a success is an exception.</summary>
internal sealed class RcloneReadStream(RcloneRepository repository, string key, IRunningProcess process) : ReadOnlyStream
{
    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int got = await process.Output.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (got > 0 || buffer.IsEmpty) return got;
        int code = await process.WaitAsync(cancellationToken).ConfigureAwait(false);
        return code == 0 ? 0 : throw repository.Failure(code, process.Errors, RepositoryAction.Read, key);
    }

    /// <inheritdoc/>
    protected override ValueTask ReleaseAsync() => process.DisposeAsync();
}
