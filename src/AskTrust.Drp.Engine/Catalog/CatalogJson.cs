using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>How the catalog's files become text. Generated code: the order of properties is that of the declarations, on every run.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(EvidenceRecord))]
[JsonSerializable(typeof(SetSummary))]
[JsonSerializable(typeof(SummaryLine))]
[JsonSerializable(typeof(SummaryHeader))]
[JsonSerializable(typeof(Mark))]
[JsonSerializable(typeof(LeaseRecord))]
[JsonSerializable(typeof(PinRecord))]
[JsonSerializable(typeof(PrimaryEpoch))]
internal sealed partial class CatalogJson : JsonSerializerContext
{
    /// <summary>For people to read: indented, letters of every language as they are.</summary>
    public static CatalogJson Files { get; } = new(Make(indented: true));

    /// <summary>One line for each value.</summary>
    public static CatalogJson Lines { get; } = new(Make(indented: false));

    private static JsonSerializerOptions Make(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };
}
