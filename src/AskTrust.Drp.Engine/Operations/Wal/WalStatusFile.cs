using System.Text.Json;
using System.Text.Json.Serialization;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>How a receiver stands, written beside its spool every few seconds for whoever asks.</summary>
internal static class WalStatusFile
{
    /// <summary>Path of the file.</summary>
    public static string PathOf(WalComponent component) => Path.Combine(component.Spool, "status.json");

    /// <summary>Writes it.</summary>
    public static void Write(WalComponent component, WalReceiveReport report)
    {
        string path = PathOf(component), temporary = path + ".tmp";
        try
        {
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(report, WalJson.Default.WalReceiveReport));
            File.Move(temporary, path, overwrite: true);
        }
        catch (IOException)
        {
            // A disk without room for a kilobyte is told of elsewhere; the receiver goes on.
        }
    }

    /// <summary>Reads it; null when there is none.</summary>
    public static (WalReceiveReport Report, DateTimeOffset Written)? Read(WalComponent component)
    {
        string path = PathOf(component);
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize(File.ReadAllBytes(path), WalJson.Default.WalReceiveReport) is { } report
                ? (report, new DateTimeOffset(File.GetLastWriteTimeUtc(path)))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>How it becomes text.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WalReceiveReport))]
internal sealed partial class WalJson : JsonSerializerContext;
