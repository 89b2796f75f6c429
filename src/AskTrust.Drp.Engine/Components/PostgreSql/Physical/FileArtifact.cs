using System.Buffers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>An archive that <c>pg_basebackup</c> wrote into a temporary folder; removed as soon as it was read.</summary>
/// <param name="name">Name of the artifact.</param>
/// <param name="role">Its role.</param>
/// <param name="file">The file.</param>
/// <param name="keep">Where the file is put instead of being removed; null = nowhere.</param>
/// <param name="make">Makes the file, unless it is there.</param>
internal sealed class FileArtifact(string name, string role, string file, string? keep, Func<CancellationToken, Task> make) : IArtifactSource
{
    /// <summary>Role of the server's file list, when it is an artifact of its own.</summary>
    public const string FileList = "filelist";

    private const int Piece = 1024 * 1024;
    private const int Kept = 4096;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => role;

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => File.Exists(file) ? new FileInfo(file).Length : null;

    /// <summary>What was seen of it; of the file list the end only.</summary>
    public TarScanner Scanner { get; } = new();

    /// <summary>The last bytes of the file, when it is no archive.</summary>
    public string End { get; private set; } = "";

    /// <inheritdoc/>
    public async Task WriteAsync(ISink plain, CancellationToken ct)
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
                    if (role != FileList) Scanner.Feed(buffer.AsSpan(0, count));
                    else End = (count < Kept ? End : "") + System.Text.Encoding.UTF8.GetString(buffer.AsSpan(Math.Max(0, count - Kept), Math.Min(count, Kept)));
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
