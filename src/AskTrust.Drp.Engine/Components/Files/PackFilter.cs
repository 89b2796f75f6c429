using AskTrust.Drp.Engine.Components.Tar;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>Looks at an archive while it is made: counts, and leaves out device nodes, which no folder of a product needs and no restore may make.</summary>
/// <param name="took">Hears of each entry that stays; null = nobody does.</param>
internal sealed class PackFilter(Action<TarEntry>? took = null) : TarFilter
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
        took?.Invoke(entry);
        return true;
    }
}
