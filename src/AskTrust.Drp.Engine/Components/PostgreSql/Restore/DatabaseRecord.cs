using System.Text.Json;
using System.Text.Json.Serialization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// A database that is being made and has no mark yet: the server cannot make and mark it in one step, and goes on making it when its client
/// is killed. Written into the state directory before, removed when the mark is there.
/// </summary>
/// <param name="Owner">Owner mark.</param>
/// <param name="Server">The server, as messages name it.</param>
/// <param name="Database">Name of the database.</param>
internal sealed record DatabaseRecord(string Owner, string Server, string Database)
{
    private const string Suffix = ".json";

    /// <summary>The file it was read from or written to.</summary>
    [JsonIgnore]
    public string File { get; init; } = "";

    /// <summary>Writes a record of ours.</summary>
    public static DatabaseRecord Write(TempSpace temp, string server, string database)
    {
        string file = Path.Combine(PlaceOf(temp), Guid.NewGuid().ToString("N") + Suffix);
        var record = new DatabaseRecord(OwnerMark.Current.ToString(), server, database) { File = file };
        try
        {
            System.IO.File.WriteAllText(file, JsonSerializer.Serialize(record, DatabaseRecordJson.Default.DatabaseRecord));
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw DiskFull.Error(file, e);
        }

        return record;
    }

    /// <summary>The records of that server whose owner is gone.</summary>
    public static IReadOnlyList<DatabaseRecord> LeftOver(TempSpace temp, string server)
    {
        List<DatabaseRecord> found = [];
        foreach (string file in Directory.EnumerateFiles(PlaceOf(temp), "*" + Suffix))
        {
            try
            {
                if (JsonSerializer.Deserialize(System.IO.File.ReadAllText(file), DatabaseRecordJson.Default.DatabaseRecord) is { } record
                    && record.Server == server && OwnerMark.Parse(record.Owner)?.Look() == OwnerState.Gone)
                {
                    found.Add(record with { File = file });
                }
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                // Written just now by another run, or removed by it.
            }
        }

        return found;
    }

    /// <summary>Forgets it.</summary>
    public void Delete() => System.IO.File.Delete(File);

    private static string PlaceOf(TempSpace temp) => temp.StateFolder("databases");
}

[JsonSerializable(typeof(DatabaseRecord))]
internal sealed partial class DatabaseRecordJson : JsonSerializerContext;
