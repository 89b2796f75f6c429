using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Operations.Diagnostics;

/// <summary>A zip that may be sent to whoever helps: the report as JSON, and the plan with its secrets as references. Every text in it is masked once more on the way in.</summary>
internal static class DiagnosticsBundle
{
    /// <summary>With quotes and foreign letters as people write them.</summary>
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file must not be there: somebody may need the older one.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>.</exception>
    public static void Check(string file)
    {
        if (Path.Exists(file)) throw new DrpException(DrpError.UnsafeTarget, Text.Of(DiagnosticsTexts.BundleThere, file)) { Subject = file, Hint = DiagnosticsTexts.BundleThereHint };
    }

    /// <summary>Writes it, for its owner only, whole or not at all.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: it cannot be written.</exception>
    public static async Task WriteAsync(string file, DiagnosticReport report, DrpPlan plan, Redactor redactor, CancellationToken ct)
    {
        var mask = new DiagnosticsMask(redactor);
        JsonNode json = JsonSerializer.SerializeToNode(report, DiagnosticsJson.Default.DiagnosticReport)!;
        string fresh = $"{file}.{Guid.NewGuid():N}.new";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            var stream = new FileStream(fresh, options);
            await using (stream.ConfigureAwait(false))
            {
                using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
                await AddAsync(zip, "diagnostics.json", Masked(json, mask)!.ToJsonString(s_readable), report.Time, ct).ConfigureAwait(false);
                await AddAsync(zip, "plan.yaml", string.Join('\n', PlanWriter.Explain(plan).Split('\n').Select(redactor.Clean)), report.Time, ct).ConfigureAwait(false);
            }

            File.Move(fresh, file, overwrite: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrpException(DrpError.Failed, Text.Of(DiagnosticsTexts.BundleFailed, file, e.Message), e) { Subject = file, Hint = DiagnosticsTexts.BundleFailedHint };
        }
        finally
        {
            File.Delete(fresh);
        }
    }

    private static async Task AddAsync(ZipArchive zip, string name, string text, DateTimeOffset time, CancellationToken ct)
    {
        ZipArchiveEntry entry = zip.CreateEntry(name);
        entry.LastWriteTime = time;
        Stream stream = entry.Open();
        await using var _ = stream.ConfigureAwait(false);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), ct).ConfigureAwait(false);
    }

    private static JsonNode? Masked(JsonNode? node, DiagnosticsMask mask)
    {
        if (node is JsonObject o) return new JsonObject(o.Select(p => KeyValuePair.Create(p.Key, Masked(p.Value, mask))));
        if (node is JsonArray a) return new JsonArray([.. a.Select(i => Masked(i, mask))]);
        return node?.GetValueKind() == JsonValueKind.String ? JsonValue.Create(mask.Clean(node.GetValue<string>())) : node?.DeepClone();
    }
}

/// <summary>Generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(DiagnosticReport))]
internal sealed partial class DiagnosticsJson : JsonSerializerContext;
