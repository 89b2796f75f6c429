using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>Items by name in the order of the file: listings and explanations look like the plan.</summary>
/// <typeparam name="T">The items.</typeparam>
internal sealed class OrderedNames<T> : IReadOnlyDictionary<string, T>
{
    private readonly List<KeyValuePair<string, T>> _items = [];
    private readonly Dictionary<string, T> _index = new(StringComparer.Ordinal);

    public IEnumerable<string> Keys => _items.Select(i => i.Key);

    public IEnumerable<T> Values => _items.Select(i => i.Value);

    public int Count => _items.Count;

    public T this[string key] => _index[key];

    /// <summary>Adds an item; names are unique by then.</summary>
    public void Add(string name, T item)
    {
        _index.Add(name, item);
        _items.Add(new(name, item));
    }

    public bool ContainsKey(string key) => _index.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value) => _index.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, T>> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
