using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>The base of a cluster without tablespaces, as <c>pg_basebackup</c> prints it: one archive, the file list in it.</summary>
internal sealed class BaseArtifact(string name, long? estimatedSize, BaseProgram program) : ScannedPart(name, Base, estimatedSize)
{
    /// <inheritdoc/>
    public override Task WriteAsync(ISink plain, CancellationToken ct) => program.StreamAsync(plain, Scanner, ct);
}
