using System.Text;
using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan.Keys;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan;

/// <summary>A plan back to YAML, with every default filled in. Secrets are the references they always were.</summary>
internal static class PlanWriter
{
    /// <summary>The plan explained: what is not in the file is marked as default. Reading it gives the same plan.</summary>
    public static string Explain(DrpPlan plan)
    {
        var text = new StringBuilder();
        text.Append("# ").AppendLine(Host.Text.Of(PlanTexts.ExplainHeader, plan.Path).ReplaceLineEndings(" "));
        WriteSection(text, PlanKeys.Plan, PlanKeys.Plan.Write(plan)!.AsObject(), 0);
        return text.ToString().ReplaceLineEndings("\n");
    }

    private static void WriteSection(StringBuilder text, ISection section, JsonObject values, int depth)
    {
        if (values["type"] is { } type) Line(text, depth, "type", Scalar(type.AsValue()), null);
        foreach (var fact in section.Facts())
        {
            var value = values[fact.Name];
            if (value is null)
            {
                if (fact.Absent is not null) text.Append(' ', depth * 2).Append("# ").Append(fact.Name).Append(": ").AppendLine(fact.Absent);
                continue;
            }

            bool isDefault = fact.Default is not null && JsonNode.DeepEquals(value, fact.Default);
            WriteValue(text, fact.Name, fact.Type, value, depth, isDefault ? PlanTexts.ExplainDefault : null);
        }
    }

    private static void WriteValue(StringBuilder text, string key, IPlanType type, JsonNode value, int depth, string? comment)
    {
        switch (value)
        {
            case JsonObject section:
                Line(text, depth, key, null, null);
                WriteMapping(text, type, section, depth + 1);
                break;
            case JsonArray list when list.All(i => i is JsonValue):
                Line(text, depth, key, $"[{string.Join(", ", list.Select(i => Scalar(i!.AsValue(), flow: true)))}]", comment);
                break;
            case JsonArray list:
                Line(text, depth, key, null, null);
                foreach (var item in list) WriteItem(text, ((IItems)type).Item, item!.AsObject(), depth + 1);
                break;
            default:
                Line(text, depth, key, Scalar(value.AsValue()), comment);
                break;
        }
    }

    private static void WriteMapping(StringBuilder text, IPlanType type, JsonObject values, int depth)
    {
        if (type is IItems named)
        {
            foreach (var (name, item) in values) WriteValue(text, YamlText.Of(name), named.Item, item!, depth, null);
            return;
        }

        WriteSection(text, SectionOf(type, values), values, depth);
    }

    // A list item is its section with a dash in the indentation of the first line.
    private static void WriteItem(StringBuilder text, IPlanType type, JsonObject values, int depth)
    {
        var item = new StringBuilder();
        WriteSection(item, SectionOf(type, values), values, depth + 1);
        item[depth * 2] = '-';
        text.Append(item);
    }

    private static ISection SectionOf(IPlanType type, JsonObject values) => type switch
    {
        IVariants variants => variants.Sections.First(s => s.Type == (string?)values["type"]).Section,
        IWordOrSection either => either.Section,
        _ => (ISection)type,
    };

    private static string Scalar(JsonValue value, bool flow = false) =>
        value.TryGetValue(out string? text) ? YamlText.Of(text, flow) : value.ToJsonString();

    private static void Line(StringBuilder text, int depth, string key, string? value, string? comment)
    {
        text.Append(' ', depth * 2).Append(key).Append(':');
        if (value is not null) text.Append(' ').Append(value);
        if (comment is not null) text.Append("  # ").Append(comment);
        text.AppendLine();
    }
}
