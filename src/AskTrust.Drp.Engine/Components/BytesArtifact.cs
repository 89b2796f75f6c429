using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components;

/// <summary>A small artifact that is in memory already.</summary>
internal sealed class BytesArtifact(string name, string role, ReadOnlyMemory<byte> bytes) : IArtifactSource
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => role;

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => bytes.Length;

    /// <inheritdoc/>
    public bool ReadsComponent => false;

    /// <inheritdoc/>
    public async Task WriteAsync(ISink plain, CancellationToken ct) => await plain.WriteAsync(bytes, ct).ConfigureAwait(false);
}
