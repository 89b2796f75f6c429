namespace AskTrust.Drp.Engine.Plan.Yaml;

/// <summary>A value of a YAML file with its place: what errors point at.</summary>
internal abstract class YamlNode(int line, int column)
{
    /// <summary>Line, from 1.</summary>
    public int Line => line;

    /// <summary>Column, from 1.</summary>
    public int Column => column;

    /// <summary>Number of values in it, aliases counted each time: the bound against nested aliases.</summary>
    public virtual long Weight => 1;
}

/// <summary>A single value.</summary>
internal sealed class YamlScalar(int line, int column, string text, bool plain, bool flow) : YamlNode(line, column)
{
    /// <summary>The value without quotes.</summary>
    public string Text => text;

    /// <summary>True when written without quotes: only then it can be a number, a boolean or nothing.</summary>
    public bool IsPlain => plain;

    /// <summary>True inside <c>{ … }</c> or <c>[ … ]</c>.</summary>
    public bool InFlow => flow;

    /// <summary>True for <c>key:</c> without a value, <c>~</c> and <c>null</c>.</summary>
    public bool IsNothing => plain && text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>A list of values.</summary>
internal sealed class YamlList(int line, int column, IReadOnlyList<YamlNode> items) : YamlNode(line, column)
{
    /// <summary>The values.</summary>
    public IReadOnlyList<YamlNode> Items => items;

    /// <inheritdoc/>
    public override long Weight { get; } = 1 + items.Sum(i => i.Weight);
}

/// <summary>A mapping. Keys are unique: the second of two equal keys was reported and left out.</summary>
internal sealed class YamlMap(int line, int column, IReadOnlyList<YamlEntry> entries) : YamlNode(line, column)
{
    /// <summary>Keys and values, in the order of the file.</summary>
    public IReadOnlyList<YamlEntry> Entries => entries;

    /// <inheritdoc/>
    public override long Weight { get; } = 1 + entries.Sum(e => 1 + e.Value.Weight);

    /// <summary>The value of a key; null when there is none.</summary>
    public YamlNode? Find(string key) => Entries.FirstOrDefault(e => string.Equals(e.Key.Text, key, StringComparison.Ordinal))?.Value;
}

/// <summary>One key of a mapping with its value.</summary>
internal sealed record YamlEntry(YamlScalar Key, YamlNode Value);
