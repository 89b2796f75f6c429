using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>Names of which there may be millions: all are counted, the first are kept.</summary>
internal sealed class NamedSome
{
    private const int Most = 10;
    private readonly List<string> _first = [];

    /// <summary>How many.</summary>
    public long Count { get; private set; }

    /// <summary>One more.</summary>
    public void Add(string name)
    {
        Count++;
        if (_first.Count < Most) _first.Add(name);
    }

    /// <summary>The names, with “and 12 more” at the end when there are more.</summary>
    public override string ToString() => string.Join(", ", _first) + (Count > Most ? Text.Of(FilesTexts.AndMore, Count - Most) : "");
}
