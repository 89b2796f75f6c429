using System.Buffers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>A list that was made while the archive was written: the index, or what is gone.</summary>
/// <param name="name">Name of the artifact.</param>
/// <param name="role">Its role.</param>
/// <param name="path">The file; there when the artifact is written.</param>
/// <param name="prepare">Makes the file; null = the artifact before did.</param>
internal sealed class ListArtifact(string name, string role, string path, Func<CancellationToken, Task>? prepare = null) : IArtifactSource
{
    /// <summary>Role of an index.</summary>
    public const string Index = "index";

    /// <summary>Role of a list of what is gone.</summary>
    public const string Gone = "gone";

    private const int Piece = 256 * 1024;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => role;

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => null;

    /// <inheritdoc/>
    public bool ReadsComponent => false;

    /// <inheritdoc/>
    public async Task WriteAsync(ISink plain, CancellationToken ct)
    {
        if (prepare is not null) await prepare(ct).ConfigureAwait(false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using var _ = file.ConfigureAwait(false);
        try
        {
            while (await file.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and var count) await plain.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
