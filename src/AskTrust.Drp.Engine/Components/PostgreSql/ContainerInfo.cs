namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>A container as <c>docker inspect</c> knows it, as far as a backup needs it.</summary>
/// <param name="Id">Full id.</param>
/// <param name="Name">Name without the leading slash.</param>
/// <param name="Image">Image reference it was started from, e.g. <c>postgres:15</c>.</param>
/// <param name="ImageDigest">Repository digest when the image came from a registry, else the image id; <c>sha256:…</c>.</param>
/// <param name="Environment">Its environment; may hold secrets, so it is never printed.</param>
internal sealed record ContainerInfo(string Id, string Name, string Image, string ImageDigest, IReadOnlyDictionary<string, string> Environment)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}
