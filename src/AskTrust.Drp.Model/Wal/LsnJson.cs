using System.Text.Json;
using System.Text.Json.Serialization;

namespace AskTrust.Drp;

/// <summary>An LSN in JSON is its text.</summary>
public sealed class LsnJson : JsonConverter<Lsn>
{
    /// <inheritdoc/>
    public override Lsn Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Lsn.TryParse(reader.GetString(), out Lsn lsn) ? lsn : throw new JsonException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Lsn value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
