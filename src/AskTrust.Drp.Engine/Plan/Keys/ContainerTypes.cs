using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>A list.</summary>
/// <typeparam name="T">Type of the items.</typeparam>
internal sealed class ListType<T>(IPlanType<T> item, bool unique = false) : IPlanType<IReadOnlyList<T>>, IItems
{
    /// <inheritdoc/>
    public IPlanType Item => item;

    /// <inheritdoc/>
    public string Expected => Host.Text.Of(PlanTexts.ExpectedList, item.Expected);

    /// <inheritdoc/>
    public IReadOnlyList<T> Read(YamlNode node, ReadContext context)
    {
        if (node is not YamlList { Items.Count: > 0 } list)
        {
            context.Error(node, Host.Text.Of(PlanTexts.ListWanted, item.Expected));
            return [];
        }

        List<T> values = [];
        foreach (var child in list.Items)
        {
            T value = item.Read(child, context);
            if (unique && value is not null && values.Contains(value)) context.Error(child, PlanTexts.ListedTwice);
            values.Add(value);
        }

        return values;
    }

    /// <inheritdoc/>
    public JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = item.Schema(), ["minItems"] = 1 };
        if (unique) schema["uniqueItems"] = true;
        return schema;
    }

    /// <inheritdoc/>
    public JsonNode? Write(object value)
    {
        var items = (IReadOnlyList<T>)value;
        return items.Count == 0 ? null : new JsonArray([.. items.Select(i => item.Write(i!))]);
    }
}

/// <summary>A mapping from names the user chooses.</summary>
/// <typeparam name="T">Type of the items.</typeparam>
internal sealed class NamedType<T>(string kind, IPlanType<T> item, bool needed) : IPlanType<IReadOnlyDictionary<string, T>>, IItems
{
    /// <inheritdoc/>
    public IPlanType Item => item;

    /// <inheritdoc/>
    public string Expected => Host.Text.Of(PlanTexts.ExpectedNamed, NameKinds.Word(kind));

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, T> Read(YamlNode node, ReadContext context)
    {
        var items = new OrderedNames<T>();
        if (node is not YamlMap map || (needed && map.Entries.Count == 0))
        {
            context.Error(node, Host.Text.Of(PlanTexts.NamedWanted, NameKinds.Word(kind)));
            return items;
        }

        foreach (var (key, value) in map.Entries)
        {
            context.Declare(kind, key.Text);
            if (!NameType.IsName(key.Text)) context.Error(key, Host.Text.Of(PlanTexts.ExpectedValue, PlanTexts.ExpectedName));
            context.ItemName = key.Text;
            items.Add(key.Text, item.Read(value, context));
        }

        return items;
    }

    /// <inheritdoc/>
    public JsonObject Schema()
    {
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["propertyNames"] = new JsonObject { ["pattern"] = NameType.Pattern.Replace("\\z", "$", StringComparison.Ordinal) },
            ["additionalProperties"] = item.Schema(),
        };
        if (needed) schema["minProperties"] = 1;
        return schema;
    }

    /// <inheritdoc/>
    public JsonNode? Write(object value)
    {
        var written = new JsonObject();
        foreach (var (name, one) in (IReadOnlyDictionary<string, T>)value) written[name] = item.Write(one!) ?? new JsonObject();
        return written.Count == 0 ? null : written;
    }
}

/// <summary>Sections told apart by their key <c>type</c>.</summary>
/// <typeparam name="T">What they have in common.</typeparam>
internal sealed class VariantType<T>(Func<T, string> typeOf, params (string Type, IPlanType<T> Section)[] variants) : IPlanType<T>, IVariants
{
    private readonly string[] _names = [.. variants.Select(v => v.Type)];

    /// <inheritdoc/>
    public IEnumerable<(string Type, ISection Section)> Sections => variants.Select(v => (v.Type, (ISection)v.Section));

    /// <inheritdoc/>
    public string Expected => PlanTexts.ExpectedMapping;

    /// <inheritdoc/>
    public T Read(YamlNode node, ReadContext context)
    {
        string known = string.Join(", ", _names);
        if (node is not YamlMap map)
        {
            context.Error(node, Host.Text.Of(PlanTexts.MappingWanted, $"type ({known}), …"));
        }
        else if (map.Find("type") is not { } type)
        {
            context.Error(map, Host.Text.Of(PlanTexts.MissingType, known));
        }
        else if (type is not YamlScalar { IsNothing: false } word || Array.IndexOf(_names, word.Text) is not (>= 0 and var index))
        {
            string text = (type as YamlScalar)?.Text ?? "";
            context.Error(type, Host.Text.Of(PlanTexts.UnknownType) + Wording.Suggest(text, _names));
        }
        else
        {
            return variants[index].Section.Read(map, context);
        }

        return default!;
    }

    /// <inheritdoc/>
    public JsonObject Schema()
    {
        var all = new JsonArray();
        foreach (var (name, section) in variants)
        {
            var schema = section.Schema();
            schema["properties"] = TypeFirst(new JsonObject { ["const"] = name }, schema["properties"]!.AsObject());
            all.Add(new JsonObject
            {
                ["if"] = new JsonObject { ["properties"] = new JsonObject { ["type"] = new JsonObject { ["const"] = name } }, ["required"] = new JsonArray("type") },
                ["then"] = schema,
            });
        }

        // “if/then” for each variant, so that an editor reports the wrong key and not that none of several shapes fits.
        return new JsonObject
        {
            ["type"] = "object",
            ["required"] = new JsonArray("type"),
            ["properties"] = new JsonObject { ["type"] = new JsonObject { ["enum"] = new JsonArray([.. _names.Select(n => JsonValue.Create(n))]) } },
            ["allOf"] = all,
        };
    }

    /// <inheritdoc/>
    public JsonNode? Write(object value)
    {
        string type = typeOf((T)value);
        return TypeFirst(JsonValue.Create(type), variants.First(v => v.Type == type).Section.Write(value)?.AsObject() ?? []);
    }

    private static JsonObject TypeFirst(JsonNode name, JsonObject rest)
    {
        var all = new JsonObject { ["type"] = name };
        foreach (var (key, value) in rest.ToList())
        {
            rest.Remove(key);
            all[key] = value;
        }

        return all;
    }
}

/// <summary>A section that may also be written as one word (<c>encryption: none</c>, <c>compression: zstd</c>).</summary>
/// <typeparam name="T">The record.</typeparam>
internal sealed class WordOrSectionType<T>(SectionType<T> section, params (string Word, T Value)[] words) : IPlanType<T>, IWordOrSection
    where T : class
{
    /// <inheritdoc/>
    public ISection Section => section;

    /// <inheritdoc/>
    public string Expected => Host.Text.Of(PlanTexts.ExpectedWordOrMapping, string.Join(", ", words.Select(w => w.Word)));

    /// <inheritdoc/>
    public T Read(YamlNode node, ReadContext context)
    {
        if (node is not YamlScalar scalar || scalar.IsNothing)
        {
            if (node is YamlMap) return section.Read(node, context);
            context.Error(node, Host.Text.Of(PlanTexts.ExpectedValue, Expected));
            return default!;
        }

        foreach (var (word, value) in words)
        {
            if (string.Equals(word, scalar.Text, StringComparison.Ordinal)) return value;
        }

        context.Error(node, Host.Text.Of(PlanTexts.ExpectedValue, Expected));
        return default!;
    }

    /// <inheritdoc/>
    public JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray([.. words.Select(w => JsonValue.Create(w.Word))]) }, section.Schema()),
    };

    /// <inheritdoc/>
    public JsonNode? Write(object value) =>
        words.FirstOrDefault(w => Equals(w.Value, value)).Word is { } word && section.Write(value) is null ? JsonValue.Create(word) : section.Write(value);
}
