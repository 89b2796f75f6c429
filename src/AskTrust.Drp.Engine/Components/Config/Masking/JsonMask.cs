using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AskTrust.Drp.Engine.Components.Config.Masking;

/// <summary>JSON: every name, no value.</summary>
internal static class JsonMask
{
    private static readonly JsonSerializerOptions s_written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static MaskedText? Of(string text)
    {
        try
        {
            JsonNode? root = JsonNode.Parse(text, null, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 128 });
            int values = 0;
            return new MaskedText("json", (Mask(root, ref values)?.ToJsonString(s_written) ?? "null") + "\n", values);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private static JsonNode? Mask(JsonNode? node, ref int values)
    {
        switch (node)
        {
            case JsonObject map:
                var copy = new JsonObject();
                foreach (var (key, value) in map) copy[key] = Mask(value, ref values);
                return copy;
            case JsonArray list:
                var items = new JsonArray();
                foreach (JsonNode? item in list) items.Add(Mask(item, ref values));
                return items;
            case null:
                return null;
            default:
                values++;
                return JsonValue.Create(MaskedText.Mask);
        }
    }
}
