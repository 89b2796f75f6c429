using AskTrust.Drp.Engine.Components.Tar;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>Looks at an archive while it is made: counts, and leaves out device nodes, which no folder of a product needs and no restore may make.</summary>
internal sealed class PackFilter : TarFilter
{
    /// <summary>What is in the archive.</summary>
    public TarTally Tally { get; } = new();

    /// <summary>Device nodes that were left out.</summary>
    public NamedSome Devices { get; } = new();

    /// <inheritdoc/>
    protected override bool Keep(TarEntry entry)
    {
        if (entry.Kind == TarKind.Device)
        {
            Devices.Add(entry.Shown);
            return false;
        }

        Tally.Add(entry);
        return true;
    }
}
