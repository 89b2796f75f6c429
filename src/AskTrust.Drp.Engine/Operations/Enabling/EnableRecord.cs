using System.Text.Json;
using System.Text.Json.Serialization;

namespace AskTrust.Drp.Engine.Operations.Enabling;

/// <summary>A setting that was changed.</summary>
/// <param name="Name">Name.</param>
/// <param name="Before">What <c>ALTER SYSTEM</c> had written before; null = nothing.</param>
/// <param name="Set">What it was set to.</param>
internal sealed record SettingRecord(string Name, string? Before, string Set);

/// <summary>What was changed on a server, so that it can be put back: a file of the state directory, written before each change.</summary>
internal sealed record EnableRecord
{
    /// <summary>System identifier of the server.</summary>
    public required string System { get; init; }

    /// <summary>When it was first enabled.</summary>
    public required DateTimeOffset Made { get; init; }

    /// <summary>Settings, in the order in which they were changed.</summary>
    public IReadOnlyList<SettingRecord> Settings { get; init; } = [];

    /// <summary>Statements that take back what was granted.</summary>
    public IReadOnlyList<string> Undo { get; init; } = [];

    /// <summary>True when <c>pg_hba.conf</c> has lines of ours.</summary>
    public bool Hba { get; init; }
}

/// <summary>The file of it.</summary>
internal sealed class EnableRecordFile(OperationContext context, string component)
{
    private string Path => global::System.IO.Path.Combine(context.Catalog.StateFolder, "point-in-time", component + ".json");

    /// <summary>Reads it; null when nothing was changed.</summary>
    public EnableRecord? Read() => File.Exists(Path) ? JsonSerializer.Deserialize(File.ReadAllBytes(Path), EnableJson.Default.EnableRecord) : null;

    /// <summary>Writes it: a new file first, then the rename, so that a torn one never stands.</summary>
    public void Write(EnableRecord record)
    {
        Directory.CreateDirectory(global::System.IO.Path.GetDirectoryName(Path)!);
        string fresh = Path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, record, EnableJson.Default.EnableRecord);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, Path, overwrite: true);
    }

    /// <summary>Everything is as it was.</summary>
    public void Remove()
    {
        if (File.Exists(Path)) File.Delete(Path);
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EnableRecord))]
internal sealed partial class EnableJson : JsonSerializerContext;
