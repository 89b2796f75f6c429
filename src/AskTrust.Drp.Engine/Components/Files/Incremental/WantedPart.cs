using AskTrust.Drp.Engine.Components.Tar;

namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>What is meant of one archive of a chain. Both stand in the same order, so one name at a time is enough.</summary>
internal sealed class WantedPart : IDisposable
{
    private readonly ZeroReader _names;
    private bool _more;

    /// <summary>Begins.</summary>
    /// <param name="names">The paths, in their order; owned.</param>
    /// <param name="isLast">No archive of the chain follows.</param>
    /// <param name="links">Symbolic links that archives before this one brought; this one's are added.</param>
    public WantedPart(ZeroReader names, bool isLast, HashSet<ulong> links)
    {
        (_names, IsLast, Links) = (names, isLast, links);
        _more = names.Move();
    }

    /// <summary>True for the last archive.</summary>
    public bool IsLast { get; }

    /// <summary>Digests of the names of symbolic links that are extracted.</summary>
    public HashSet<ulong> Links { get; }

    /// <summary>A name that the archive should have held; null = none.</summary>
    public string? Lacking => _more ? TarNames.Show(_names.Current.Span) : null;

    /// <summary>True when the entry of that name is meant.</summary>
    public bool Take(ReadOnlySpan<byte> name)
    {
        if (!_more || !_names.Current.Span.SequenceEqual(name)) return false;
        _more = _names.Move();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _names.Dispose();
}
