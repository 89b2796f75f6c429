using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Full results of the restore tests made on this machine, for reports; the ledger keeps their essence everywhere.</summary>
internal sealed class RestoreTestHistory(OperationContext context)
{
    private string Folder => Path.Combine(context.Catalog.StateFolder, "restore-tests");

    /// <summary>Adds a result.</summary>
    public async Task AddAsync(RestoreTestResult result, CancellationToken ct)
    {
        Directory.CreateDirectory(Folder);
        string path = Path.Combine(Folder, $"{result.Started.UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}-{result.Component}.json");
        string fresh = path + ".new";
        await File.WriteAllBytesAsync(fresh, JsonSerializer.SerializeToUtf8Bytes(result, HistoryJson.Default.RestoreTestResult), ct).ConfigureAwait(false);
        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Results, newest first.</summary>
    public async IAsyncEnumerable<RestoreTestResult> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        if (!Directory.Exists(Folder)) yield break;
        foreach (string path in Directory.EnumerateFiles(Folder, "*.json").OrderDescending(StringComparer.Ordinal))
        {
            byte[] bytes = await File.ReadAllBytesAsync(path, ct).ConfigureAwait(false);
            if (JsonSerializer.Deserialize(bytes, HistoryJson.Default.RestoreTestResult) is { } result) yield return result;
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RestoreTestResult))]
internal sealed partial class HistoryJson : JsonSerializerContext;
