using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan.Keys;

namespace AskTrust.Drp.Engine.Plan;

/// <summary>The JSON Schema of <c>drp.yaml</c>, for editors. Descriptions are in the current language.</summary>
internal static class PlanSchema
{
    // Draft 7: the newest one that the YAML language server understands completely.
    private const string Draft = "http://json-schema.org/draft-07/schema#";

    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema as text.</summary>
    public static string Json()
    {
        var schema = new JsonObject { ["$schema"] = Draft, ["title"] = "AskTrust.Drp plan (drp.yaml), version 1" };
        var root = PlanKeys.Plan.Schema();
        foreach (var (key, value) in root.ToList())
        {
            root.Remove(key);
            schema[key] = value;
        }

        return schema.ToJsonString(s_options).ReplaceLineEndings("\n") + "\n";
    }
}
