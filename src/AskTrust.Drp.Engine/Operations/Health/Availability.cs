using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>
/// For how much of the last thirty days pages and servers answered, from nothing but the looks that <c>drp health</c> itself took on this machine: it remembers from when to when it saw them up and down.
/// Time in which nobody looked counts neither way, and the check says how much was seen.
/// </summary>
internal sealed class Availability(OperationContext context, HealthJudge judge)
{
    /// <summary>Less than this tells nothing.</summary>
    private static readonly TimeSpan s_least = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(2);

    private string File => Path.Combine(context.Catalog.StateFolder, "availability.json");

    /// <summary>True for what says whether something answers at all.</summary>
    public static bool IsMeant(HealthProbe probe, HealthCheck check) => probe.Answers && probe.Kind == check.Kind && probe.Name == check.Name;

    /// <summary>Remembers what was seen now, and judges each of them by all that was seen.</summary>
    public async Task<IReadOnlyList<HealthCheck>> JudgeAsync(IReadOnlyCollection<HealthCheck> seen, CancellationToken ct)
    {
        if (seen.Count == 0) return [];
        try
        {
            using LocalLock alone = await LocalLock.TakeAsync(context.Host, $"availability-{context.Plan.Name}", "drp health", s_wait, ct).ConfigureAwait(false);
            Dictionary<string, IReadOnlyList<AvailabilitySpan>> all = await ReadAsync(ct).ConfigureAwait(false);
            foreach (HealthCheck check in seen) all[KeyOf(check)] = AvailabilitySpan.Add(all.GetValueOrDefault(KeyOf(check), []), check.Time, check.Status != CheckVerdict.Failed);
            await WriteAsync(all, ct).ConfigureAwait(false);
            return [.. seen.Select(c => Of(c, all[KeyOf(c)])).OfType<HealthCheck>()];
        }
        catch (Exception e) when (e is DrpException { Code: DrpError.Locked } or IOException or UnauthorizedAccessException)
        {
            // Whoever may not write our state may ask all the same; it is not remembered, and that is said.
            return [judge.Skipped("availability", HealthKind.Http, e.Message)];
        }
    }

    /// <summary>A page may have the name of a component.</summary>
    private static string KeyOf(HealthCheck check) => $"{check.Kind} {check.Name}";

    private HealthCheck? Of(HealthCheck seen, IReadOnlyList<AvailabilitySpan> spans)
    {
        var (up, down) = AvailabilitySpan.Sum(spans, context.Clock.GetUtcNow());
        if (up + down < s_least) return null;
        double percent = 100 * (up / (up + down)), limit = (double)context.Plan.Health.Limits.Availability;
        HealthCheck check = judge.AtLeast($"{seen.Name} availability", seen.Kind, percent, limit, HealthJudge.Percent, HealthTexts.AvailabilityAdvice);
        string watched = Text.Of(HealthTexts.Availability, Human.Duration(up + down), Human.Duration(AvailabilitySpan.Window), Human.Duration(down));
        return check with { Value = Show(percent), Limit = Show(limit), Message = watched };
    }

    // Rounded down: 99.9996 % is not all of it.
    private static string Show(double percent) => (Math.Floor(percent * 1000) / 1000).ToString("0.0##", CultureInfo.InvariantCulture) + " %";

    private async Task<Dictionary<string, IReadOnlyList<AvailabilitySpan>>> ReadAsync(CancellationToken ct)
    {
        if (!System.IO.File.Exists(File)) return new(StringComparer.Ordinal);
        try
        {
            byte[] text = await System.IO.File.ReadAllBytesAsync(File, ct).ConfigureAwait(false);
            return new(JsonSerializer.Deserialize(text, AvailabilityJson.Default.DictionaryStringIReadOnlyListAvailabilitySpan) ?? [], StringComparer.Ordinal);
        }
        catch (JsonException)
        {
            context.Host.Say(DrpEventLevel.Warning, Text.Of(HealthTexts.AvailabilityDamaged, File));
            return new(StringComparer.Ordinal);
        }
    }

    /// <summary>Whole or not at all. What has not been looked at for the whole window is forgotten.</summary>
    private async Task WriteAsync(Dictionary<string, IReadOnlyList<AvailabilitySpan>> all, CancellationToken ct)
    {
        DateTimeOffset old = context.Clock.GetUtcNow() - AvailabilitySpan.Window;
        foreach (string name in all.Where(a => a.Value.All(s => s.To <= old)).Select(a => a.Key).ToArray()) all.Remove(name);
        Directory.CreateDirectory(context.Catalog.StateFolder);
        await System.IO.File.WriteAllBytesAsync(File + ".new", JsonSerializer.SerializeToUtf8Bytes(all, AvailabilityJson.Default.DictionaryStringIReadOnlyListAvailabilitySpan), ct).ConfigureAwait(false);
        System.IO.File.Move(File + ".new", File, overwrite: true);
    }
}

/// <summary>Generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<AvailabilitySpan>>))]
internal sealed partial class AvailabilityJson : JsonSerializerContext;
