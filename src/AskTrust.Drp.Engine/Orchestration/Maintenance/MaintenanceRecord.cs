using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations;

namespace AskTrust.Drp.Engine.Orchestration.Maintenance;

/// <summary>What is remembered while maintenance mode is on, in the state directory.</summary>
/// <param name="Since">When it began.</param>
/// <param name="Reason">Why.</param>
/// <param name="Digest">Digest of what the proxy was given.</param>
internal sealed record MaintenanceRecord(DateTimeOffset Since, string? Reason, string Digest)
{
    /// <summary>True when that is what the proxy was given.</summary>
    public bool Fits(string text) => Digest == DigestOf(text);

    /// <summary>Reads it; null when maintenance is off.</summary>
    public static MaintenanceRecord? Read(OperationContext context)
    {
        string file = PathOf(context);
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<MaintenanceRecord>(File.ReadAllText(file)) : null;
        }
        catch (JsonException)
        {
            // Cut short by a crash: it was about to be on.
            return new MaintenanceRecord(new DateTimeOffset(File.GetLastWriteTimeUtc(file)), null, "");
        }
    }

    /// <summary>Writes it.</summary>
    public static void Write(OperationContext context, string text, DateTimeOffset since, string? reason)
    {
        string file = PathOf(context);
        try
        {
            File.WriteAllText(file, JsonSerializer.Serialize(new MaintenanceRecord(since, reason, DigestOf(text))));
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw DiskFull.Error(file, e);
        }
    }

    /// <summary>Removes it.</summary>
    public static void Remove(OperationContext context) => File.Delete(PathOf(context));

    private static string PathOf(OperationContext context) => Path.Combine(context.Host.Temp.StateFolder("maintenance"), context.Plan.Name + ".json");

    private static string DigestOf(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
