namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>A list or a mapping with names: every item has the same type.</summary>
internal interface IItems : IPlanType
{
    /// <summary>Type of the items.</summary>
    IPlanType Item { get; }
}

/// <summary>Sections told apart by <c>type</c>.</summary>
internal interface IVariants : IPlanType
{
    /// <summary>The words of <c>type</c>, each with its section.</summary>
    IEnumerable<(string Type, ISection Section)> Sections { get; }
}

/// <summary>One word or a section.</summary>
internal interface IWordOrSection : IPlanType
{
    /// <summary>The section.</summary>
    ISection Section { get; }
}
