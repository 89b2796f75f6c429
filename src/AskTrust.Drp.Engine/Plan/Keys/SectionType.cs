using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>A section: what the documentation, the schema and “did you mean” need to know of it.</summary>
internal interface ISection : IPlanType
{
    /// <summary>Id of its texts: key <c>x</c> of section <c>s3</c> is described by resource <c>s3_x</c>.</summary>
    string Id { get; }

    /// <summary>Names, types, whether required, defaults.</summary>
    IEnumerable<KeyFacts> Facts();
}

/// <summary>What can be said of a key.</summary>
/// <param name="Name">The key.</param>
/// <param name="Type">Type of its value.</param>
/// <param name="Required">True when the plan is wrong without it.</param>
/// <param name="Default">What holds without it; null = nothing.</param>
/// <param name="Absent">The same in words; null = nothing to say.</param>
internal sealed record KeyFacts(string Name, IPlanType Type, bool Required, JsonNode? Default, string? Absent);

/// <summary>A mapping with known keys, read to a record.</summary>
/// <typeparam name="T">The record.</typeparam>
internal sealed class SectionType<T>(string id, Func<ReadContext?, T> blank, IReadOnlyList<PlanKey<T>> keys) : IPlanType<T>, ISection
    where T : class
{
    private readonly string[] _names = [.. keys.Select(k => k.Name)];

    /// <summary>Rules between keys, looked at only when each key is right.</summary>
    public Action<T, YamlMap, ReadContext>? Check { get; init; }

    /// <summary>Keys that are known but not acted on: name → message.</summary>
    public Func<string, string?> Refuse { get; init; } = _ => null;

    /// <summary>A key that another type reads (<c>type</c> of variants), left alone here.</summary>
    public string? Discriminator { get; init; }

    /// <inheritdoc/>
    public string Id => id;

    /// <summary>The keys.</summary>
    public IReadOnlyList<PlanKey<T>> Keys => keys;

    /// <inheritdoc/>
    public string Expected => PlanTexts.ExpectedMapping;

    /// <inheritdoc/>
    public T Read(YamlNode node, ReadContext context)
    {
        var record = blank(context);
        if (node is not YamlMap map)
        {
            context.Error(node, Host.Text.Of(PlanTexts.MappingWanted, string.Join(", ", _names)));
            return record;
        }

        int before = context.Problems.Count;
        foreach (var key in map.Entries.Select(e => e.Key))
        {
            if (_names.Contains(key.Text, StringComparer.Ordinal) || string.Equals(key.Text, Discriminator, StringComparison.Ordinal)) continue;
            context.Error(key, Refuse(key.Text) ?? Unknown(key.Text));
        }

        // In the order of the table: a key may set the default of a later one (the algorithm that of the level).
        foreach (var key in keys)
        {
            if (map.Find(key.Name) is { } value)
            {
                record = key.Read(record, value, context);
            }
            else if (key.Required)
            {
                context.Error(map, Host.Text.Of(PlanTexts.MissingKey, key.Name) + " " + KeyTexts.Of(id, key.Name));
            }
        }

        if (context.Problems.Count == before) Check?.Invoke(record, map, context);
        return record;
    }

    /// <inheritdoc/>
    public IEnumerable<KeyFacts> Facts()
    {
        var empty = blank(null);
        foreach (var key in keys) yield return new KeyFacts(key.Name, key.Type, key.Required, key.Required ? null : key.Write(empty), key.Absent?.Invoke());
    }

    /// <inheritdoc/>
    public JsonObject Schema()
    {
        var properties = new JsonObject();
        foreach (var fact in Facts())
        {
            var schema = fact.Type.Schema();
            schema["description"] = KeyTexts.Of(id, fact.Name);
            if (fact.Default is JsonValue) schema["default"] = fact.Default;
            properties[fact.Name] = schema;
        }

        var section = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        string[] required = [.. keys.Where(k => k.Required).Select(k => k.Name)];
        if (required.Length > 0) section["required"] = new JsonArray([.. required.Select(r => JsonValue.Create(r))]);
        return section;
    }

    /// <inheritdoc/>
    public JsonNode? Write(object value)
    {
        var written = new JsonObject();
        foreach (var key in keys)
        {
            if (key.Write((T)value) is { } node) written[key.Name] = node;
        }

        return written.Count == 0 ? null : written;
    }

    private string Unknown(string key) => Host.Text.Of(PlanTexts.UnknownKey, Wording.Shown(key)) + Wording.Suggest(key, _names);
}
