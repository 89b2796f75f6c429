namespace AskTrust.Drp.Engine.Catalog;

/// <summary>What a set builds on, whatever its components are.</summary>
internal static class Chains
{
    /// <summary>The sets that a component builds on, the full one first; null = it stands alone.</summary>
    public static IReadOnlyList<ChainLink>? Of(ComponentFacts component) => component.Files?.Chain ?? component.PostgreSql?.Base?.Chain;

    /// <summary>All that the components of a set build on; null = it stands alone.</summary>
    public static IReadOnlyList<ChainLink>? Of(IEnumerable<ComponentFacts> components)
    {
        ChainLink[] links = [.. components.SelectMany(c => Of(c) ?? []).Distinct()];
        return links.Length == 0 ? null : links;
    }

    /// <summary>The newest set of a chain; null = there is none.</summary>
    public static string? Newest(IReadOnlyList<ChainLink>? chain) => chain?.Select(l => l.Set).Max(StringComparer.Ordinal);
}
