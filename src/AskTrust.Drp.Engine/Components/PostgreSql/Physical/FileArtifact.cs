using System.Buffers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>An archive that <c>pg_basebackup</c> wrote into a temporary folder; removed as soon as it was read.</summary>
/// <param name="name">Name of the artifact.</param>
/// <param name="role">Its role.</param>
/// <param name="file">The file.</param>
/// <param name="keep">Where the file is put instead of being removed; null = nowhere.</param>
/// <param name="make">Makes the file, unless it is there.</param>
internal sealed class FileArtifact(string name, string role, string file, string? keep, Func<CancellationToken, Task> make) : ScannedPart(name, role)
{
    private const int Piece = 1024 * 1024;
    private readonly FileListScan _list = new();

    /// <inheritdoc/>
    public override long? EstimatedSize => File.Exists(file) ? new FileInfo(file).Length : null;

    /// <inheritdoc/>
    public override long Files => Role == FileList ? 0 : base.Files;

    /// <inheritdoc/>
    public override string? Problem => Role == FileList ? null : base.Problem;

    /// <inheritdoc/>
    public override string FileListEnd => _list.End;

    /// <inheritdoc/>
    public override async Task WriteAsync(ISink plain, CancellationToken ct)
    {
        await make(ct).ConfigureAwait(false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan | FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
            {
                int count;
                while ((count = await stream.ReadAtLeastAsync(buffer.AsMemory(0, Piece), Piece, throwOnEndOfStream: false, ct).ConfigureAwait(false)) > 0)
                {
                    if (Role == FileList) _list.Feed(buffer.AsSpan(0, count));
                    else Scanner.Feed(buffer.AsSpan(0, count));
                    await plain.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (keep is null) File.Delete(file);
        else File.Move(file, keep, overwrite: true);
    }
}
