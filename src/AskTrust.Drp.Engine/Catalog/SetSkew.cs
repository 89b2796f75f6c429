namespace AskTrust.Drp.Engine.Catalog;

/// <summary>How far the parts of one set lie apart in time.</summary>
internal static class SetSkew
{
    /// <summary>From the earliest moment that a part stands for to the latest; null when the set has one part, or parts that do not say.</summary>
    public static TimeSpan? Of(IReadOnlyList<ComponentFacts> components)
    {
        if (components.Count < 2 || components.Any(c => c.Moment is null)) return null;
        return components.Max(c => c.Until ?? c.Moment!.Value) - components.Min(c => c.Moment!.Value);
    }
}
