using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>The base of a cluster without tablespaces: one archive, straight from the server.</summary>
internal sealed class BaseArtifact(string name, long? estimatedSize, BaseProgram program) : IArtifactSource
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => "base";

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => estimatedSize;

    /// <summary>What was seen of it.</summary>
    public TarScanner Scanner { get; } = new();

    /// <inheritdoc/>
    public Task WriteAsync(ISink plain, CancellationToken ct) => program.StreamAsync(plain, Scanner, ct);
}
