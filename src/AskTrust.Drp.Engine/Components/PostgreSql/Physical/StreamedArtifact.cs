using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>An archive of a base as the server sends it.</summary>
/// <param name="name">Name of the artifact.</param>
/// <param name="role">Its role.</param>
/// <param name="archive">The server's name for it.</param>
/// <param name="estimatedSize">Plain bytes; null = unknown.</param>
/// <param name="stream">The backup under way.</param>
internal sealed class StreamedArchive(string name, string role, string archive, long? estimatedSize, BaseStream stream) : BasePart(name, role, estimatedSize)
{
    /// <inheritdoc/>
    public override bool IsCompressed => stream.IsCompressed;

    /// <inheritdoc/>
    public override Task WriteAsync(ISink plain, CancellationToken ct) => stream.ReadAsync(archive, plain, ct);
}

/// <summary>The server's file list, which it sends behind the archives.</summary>
/// <param name="name">Name of the artifact.</param>
/// <param name="copy">Takes a copy; null = nobody wants one.</param>
/// <param name="stream">The backup under way.</param>
internal sealed class StreamedList(string name, Stream? copy, BaseStream stream) : BasePart(name, FileList)
{
    private readonly FileListTail _tail = new();

    /// <inheritdoc/>
    public override string FileListEnd => _tail.Text;

    /// <inheritdoc/>
    public override void Look(ReadOnlySpan<byte> plain)
    {
        _tail.Feed(plain);
        copy?.Write(plain);
    }

    /// <inheritdoc/>
    public override async Task WriteAsync(ISink plain, CancellationToken ct)
    {
        await stream.ReadAsync(BaseStream.List, plain, ct).ConfigureAwait(false);
        await stream.EndAsync(ct).ConfigureAwait(false);
    }
}
