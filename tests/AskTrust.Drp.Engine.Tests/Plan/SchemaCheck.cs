using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Plan;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Tests.Plan;

/// <summary>As much of JSON Schema as the plan's schema uses; a word it does not know fails the test that uses it.</summary>
internal static class SchemaCheck
{
    public static IReadOnlyList<string> Errors(string yaml) => Errors(yaml, PlanSchema.Json());

    public static IReadOnlyList<string> Errors(string yaml, string schema)
    {
        var root = YamlTreeReader.Read(yaml, new ProblemList("x"));
        List<string> errors = [];
        Check(ToJson(root!), JsonNode.Parse(schema)!.AsObject(), "$", errors);
        return errors;
    }

    private static void Check(JsonNode? value, JsonObject schema, string at, List<string> errors)
    {
        foreach (var (word, rule) in schema)
        {
            bool ok = word switch
            {
                "$schema" or "title" or "description" or "default" => true,
                "type" => Types(rule!).Any(t => Is(value, t)),
                "const" => JsonNode.DeepEquals(value, rule),
                "enum" => rule!.AsArray().Any(r => JsonNode.DeepEquals(r, value)),
                "pattern" => value?.GetValueKind() != JsonValueKind.String || Regex.IsMatch((string)value!, (string)rule!, RegexOptions.None, TimeSpan.FromSeconds(5)),
                "minLength" => value?.GetValueKind() != JsonValueKind.String || ((string)value!).Length >= (int)rule!,
                "minimum" => value?.GetValueKind() != JsonValueKind.Number || (decimal)value >= (decimal)rule!,
                "maximum" => value?.GetValueKind() != JsonValueKind.Number || (decimal)value <= (decimal)rule!,
                "minItems" => value is not JsonArray list || list.Count >= (int)rule!,
                "uniqueItems" => value is not JsonArray list || list.Select(i => i?.ToJsonString()).Distinct(StringComparer.Ordinal).Count() == list.Count,
                "minProperties" => value is not JsonObject section || section.Count >= (int)rule!,
                "required" => value is not JsonObject section || rule!.AsArray().All(r => section.ContainsKey((string)r!)),
                "anyOf" => rule!.AsArray().Any(r => Passes(value, r!)),
                "allOf" => rule!.AsArray().Select(r => Collect(value, r!, at, errors)).ToList().TrueForAll(x => x),
                "if" => !Passes(value, rule!) || Collect(value, schema["then"]!, at, errors),
                "then" => true,
                "items" => value is not JsonArray list || list.Select((item, i) => Collect(item, rule!, $"{at}[{i}]", errors)).ToList().TrueForAll(x => x),
                "properties" => value is not JsonObject section || section.Where(p => rule!.AsObject().ContainsKey(p.Key)).Select(p => Collect(p.Value, rule![p.Key]!, $"{at}.{p.Key}", errors)).ToList().TrueForAll(x => x),
                "propertyNames" => value is not JsonObject section || section.All(p => Passes(JsonValue.Create(p.Key), rule!)),
                "additionalProperties" => value is not JsonObject section || section.Where(p => schema["properties"]?.AsObject().ContainsKey(p.Key) != true)
                    .Select(p => rule is JsonObject ? Collect(p.Value, rule, $"{at}.{p.Key}", errors) : (bool)rule!).ToList().TrueForAll(x => x),
                _ => throw new NotSupportedException(word),
            };
            if (!ok) errors.Add($"{at}: {word}");
        }
    }

    private static bool Passes(JsonNode? value, JsonNode schema)
    {
        List<string> errors = [];
        Check(value, schema.AsObject(), "", errors);
        return errors.Count == 0;
    }

    private static bool Collect(JsonNode? value, JsonNode schema, string at, List<string> errors)
    {
        int before = errors.Count;
        Check(value, schema.AsObject(), at, errors);
        return errors.Count == before;
    }

    private static IEnumerable<string> Types(JsonNode rule) => rule is JsonArray several ? several.Select(t => (string)t!) : [(string)rule!];

    private static bool Is(JsonNode? value, string type) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "integer" => value?.GetValueKind() == JsonValueKind.Number && (decimal)value % 1 == 0,
        _ => value?.GetValueKind().ToString().Replace("True", "boolean", StringComparison.Ordinal).Replace("False", "boolean", StringComparison.Ordinal).Equals(type, StringComparison.OrdinalIgnoreCase) == true,
    };

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMap map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key.Text, ToJson(e.Value)))),
        YamlList list => new JsonArray([.. list.Items.Select(ToJson)]),
        YamlScalar { IsNothing: true } => null,
        YamlScalar { IsPlain: true, Text: "true" or "false" } flag => JsonValue.Create(flag.Text == "true"),
        YamlScalar { IsPlain: true } number when decimal.TryParse(number.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal parsed) => JsonValue.Create(parsed),
        YamlScalar text => JsonValue.Create(text.Text),
        _ => throw new NotSupportedException(),
    };
}
