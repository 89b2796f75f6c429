using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AskTrust.Drp.Engine.Incidents;

/// <summary>
/// Results as JSON for machines: camelCase names that are only ever added to, durations in seconds, moments in ISO 8601,
/// error codes by their name in <see cref="DrpError"/>, other enumerations in camelCase.
/// </summary>
internal static class ResultJson
{
    private static readonly ResultJsonContext s_context = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new SecondsConverter(),
            new JsonStringEnumConverter<DrpError>(),
            new JsonStringEnumConverter<CheckVerdict>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<RunStatus>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<ContainerState>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<ContainerHealth>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<HealthKind>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<RetentionAction>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<VerificationDepth>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<ServiceManager>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<ServiceFileState>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<ReportFormat>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<AssertionKind>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<CompressionKind>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<DrpEventLevel>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<TableAction>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<TableRestoreInto>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<ProgressUnit>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<NodeRole>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<CertificateFlaw>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<StandbyOutcome>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<ContainerState>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<ContainerHealth>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<CorruptionKind>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<DamageKind>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<RecoveryMethod>(JsonNamingPolicy.CamelCase),
        },
    });

    /// <summary>One line of UTF-8 JSON (without line break) whose first field is <c>type</c>.</summary>
    /// <param name="type">What the object is, e.g. <c>backupSet</c>.</param>
    /// <param name="value">A result record of the Model.</param>
    /// <returns>The line.</returns>
    public static byte[] Line(string type, object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), s_context);
        byte[] head = [.. "{\"type\":"u8, .. JsonSerializer.SerializeToUtf8Bytes(type, s_context.String)];
        return body.Length == 2 ? [.. head, .. "}"u8] : [.. head, .. ","u8, .. body.AsSpan(1)];
    }

    /// <summary>Reads restore-test results: JSON lines of <c>drp test-restore --json</c>, or a JSON report.</summary>
    /// <param name="utf8">The file.</param>
    /// <returns>Each result found; other kinds of lines are passed over.</returns>
    /// <exception cref="DrpException">The text is no JSON of ours.</exception>
    public static IReadOnlyList<RestoreTestResult> ReadRestoreTests(ReadOnlySpan<byte> utf8)
    {
        var found = new List<RestoreTestResult>();
        try
        {
            for (var rest = utf8.TrimStart(" \t\r\n"u8); rest.Length > 0; rest = rest.TrimStart(" \t\r\n"u8))
            {
                var reader = new Utf8JsonReader(rest);
                using var document = JsonDocument.ParseValue(ref reader);
                Collect(document.RootElement, found);
                rest = rest[(int)reader.BytesConsumed..];
            }
        }
        catch (JsonException e)
        {
            throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(IncidentsTexts.NotAResultFile, e.Message), e) { Hint = IncidentsTexts.NotAResultFileHint };
        }

        return found;
    }

    internal static void Write(Utf8JsonWriter writer, RestoreTestResult result) => JsonSerializer.Serialize(writer, result, s_context.RestoreTestResult);

    internal static string Name(CheckVerdict verdict) => JsonNamingPolicy.CamelCase.ConvertName(verdict.ToString());

    private static void Collect(JsonElement element, List<RestoreTestResult> found)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new JsonException("not an object");
        if (element.TryGetProperty("results", out var results) && results.ValueKind == JsonValueKind.Array)
        {
            foreach (var result in results.EnumerateArray()) found.Add(Read(result));
        }
        else if (element.TryGetProperty("type", out var type) && type.ValueEquals("restoreTest"))
        {
            found.Add(Read(element));
        }
    }

    private static RestoreTestResult Read(JsonElement element) => element.Deserialize(s_context.RestoreTestResult) ?? throw new JsonException("null");

    /// <summary>Durations as seconds, rounded to a microsecond.</summary>
    private sealed class SecondsConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TimeSpan.FromTicks((long)Math.Round(reader.GetDecimal() * TimeSpan.TicksPerSecond));

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(Math.Round((decimal)value.Ticks / TimeSpan.TicksPerSecond, 6));
    }
}

/// <summary>Generated at build time: no reflection when <c>drp</c> starts.</summary>
[JsonSerializable(typeof(BackupReport))]
[JsonSerializable(typeof(BackupSet))]
[JsonSerializable(typeof(PlanCheck))]
[JsonSerializable(typeof(DiagnosticReport))]
[JsonSerializable(typeof(HealthCheck))]
[JsonSerializable(typeof(PlanProblem))]
[JsonSerializable(typeof(VerificationResult))]
[JsonSerializable(typeof(RetentionDecision))]
[JsonSerializable(typeof(SyncResult))]
[JsonSerializable(typeof(RestoreReport))]
[JsonSerializable(typeof(RecoveryPointCandidate))]
[JsonSerializable(typeof(TableRestoreReport))]
[JsonSerializable(typeof(RestoreTestResult))]
[JsonSerializable(typeof(EvidenceVerdict))]
[JsonSerializable(typeof(ReportFile))]
[JsonSerializable(typeof(WalReceiveReport))]
[JsonSerializable(typeof(WalPushResult))]
[JsonSerializable(typeof(WalFetchResult))]
[JsonSerializable(typeof(RecoveryWindow))]
[JsonSerializable(typeof(ReplicationStatus))]
[JsonSerializable(typeof(PointInTimeReport))]
[JsonSerializable(typeof(ServiceReport))]
[JsonSerializable(typeof(ServiceStatus))]
[JsonSerializable(typeof(WalRestoreCommand))]
[JsonSerializable(typeof(PrimaryStatus))]
[JsonSerializable(typeof(DamageReport))]
[JsonSerializable(typeof(RepairReport))]
[JsonSerializable(typeof(PrimarySwitchReport))]
[JsonSerializable(typeof(CertificateStatus))]
[JsonSerializable(typeof(MaskedFile))]
[JsonSerializable(typeof(ServiceRestartReport))]
[JsonSerializable(typeof(SystemRestoreReport))]
[JsonSerializable(typeof(RecoveryKitReport))]
[JsonSerializable(typeof(DrpMessage))]
[JsonSerializable(typeof(DrpProgress))]
[JsonSerializable(typeof(string))]
internal sealed partial class ResultJsonContext : JsonSerializerContext;
