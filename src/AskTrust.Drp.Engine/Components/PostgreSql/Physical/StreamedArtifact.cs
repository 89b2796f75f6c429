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
    public override long PlainSize => stream.PlainSizeOf(archive);

    /// <inheritdoc/>
    public override Task WriteAsync(ISink plain, CancellationToken ct) => stream.ReadAsync(archive, plain, null, ct);
}

/// <summary>The server's file list, which it sends behind the archives: it says what is in them.</summary>
/// <param name="name">Name of the artifact.</param>
/// <param name="copy">Takes a copy; null = nobody wants one.</param>
/// <param name="stream">The backup under way.</param>
internal sealed class StreamedList(string name, Stream? copy, BaseStream stream) : BasePart(name, FileList)
{
    private readonly FileListScan _scan = new();

    /// <inheritdoc/>
    public override long Files => _scan.Files;

    /// <inheritdoc/>
    public override bool HasControlFile => _scan.HasControlFile;

    /// <inheritdoc/>
    public override string FileListEnd => _scan.End;

    /// <inheritdoc/>
    public override async Task WriteAsync(ISink plain, CancellationToken ct)
    {
        await stream.ReadAsync(BaseStream.List, plain, Look, ct).ConfigureAwait(false);
        await stream.EndAsync(ct).ConfigureAwait(false);
    }

    private void Look(ReadOnlySpan<byte> piece)
    {
        _scan.Feed(piece);
        copy?.Write(piece);
    }
}
