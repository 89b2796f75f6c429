using AskTrust.Drp.Engine.Components.Redis;
using AskTrust.Drp.Engine.Operations.Health;

namespace AskTrust.Drp.Engine.Operations.Diagnostics;

/// <summary>What a Redis server says of itself.</summary>
internal static class RedisLook
{
    /// <summary>Asks.</summary>
    public static async Task<RedisDiagnostics> AskAsync(RedisDiagnostics blank, RedisPlan plan, OperationContext context, CancellationToken ct)
    {
        RedisClient client = await RedisClient.OfAsync(plan, context.Host, ct).ConfigureAwait(false);
        var info = await RedisHealth.ReadAsync(client, ct).ConfigureAwait(false);
        var keys = await client.KeysAsync(ct).ConfigureAwait(false);
        string unsaved = string.Join(", ", RedisHealth.Unsaved(info));
        return blank with
        {
            Version = info.GetValueOrDefault("redis_version", ""),
            Role = info.GetValueOrDefault("role", ""),
            Uptime = TimeSpan.FromSeconds(RedisHealth.Number(info, "uptime_in_seconds")),
            Clients = (int)RedisHealth.Number(info, "connected_clients"),
            Keys = keys.Values.Sum(k => k.Keys),
            Memory = RedisHealth.Number(info, "used_memory"),
            MaxMemory = RedisHealth.Number(info, "maxmemory"),
            LastSave = RedisHealth.Number(info, "rdb_last_save_time") is > 0 and var at ? DateTimeOffset.FromUnixTimeSeconds(at) : null,
            Persistence = unsaved.Length == 0 ? "ok" : unsaved,
        };
    }
}
