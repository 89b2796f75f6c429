using System.Globalization;
using AskTrust.Drp.Engine.Components.Redis;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>Asks a Redis server: does it answer and how fast, how full is it, does its saving work, does it follow its master.</summary>
internal sealed class RedisHealth(RedisPlan plan, OperationContext context, HealthJudge judge)
{
    private const string Good = "ok";

    /// <summary>What the server says of itself, of the sections that everybody may read.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(RedisClient client, CancellationToken ct) => await client.InfoAsync("default", ct).ConfigureAwait(false);

    /// <summary>What of its saving does not work, e.g. <c>rdb_last_bgsave_status err</c>.</summary>
    public static IEnumerable<string> Unsaved(IReadOnlyDictionary<string, string> info) =>
        from name in new[] { "rdb_last_bgsave_status", "aof_last_write_status", "aof_last_bgrewrite_status" }
        let value = info.GetValueOrDefault(name, Good)
        where value != Good
        select $"{name} {value}";

    /// <summary>A number of it; 0 when it says nothing.</summary>
    public static long Number(IReadOnlyDictionary<string, string> info, string name) => long.TryParse(info.GetValueOrDefault(name), CultureInfo.InvariantCulture, out long value) ? value : 0;

    /// <summary>Asks.</summary>
    public async Task<IReadOnlyList<HealthCheck>> AskAsync(CancellationToken ct)
    {
        RedisClient client = await RedisClient.OfAsync(plan, context.Host, ct).ConfigureAwait(false);
        long start = context.Clock.GetTimestamp();
        var info = await ReadAsync(client, ct).ConfigureAwait(false);
        TimeSpan took = context.Clock.GetElapsedTime(start);
        return [judge.AtMost(plan.Name, HealthKind.Redis, took.TotalSeconds, context.Plan.Health.Limits.Database.TotalSeconds, HealthJudge.Seconds, HealthTexts.SlowRedisAdvice), .. Judge(info)];
    }

    private IEnumerable<HealthCheck> Judge(IReadOnlyDictionary<string, string> info)
    {
        if (Number(info, "maxmemory") is > 0 and var most)
            yield return judge.AtMost($"{plan.Name} memory", HealthKind.Redis, 100.0 * Number(info, "used_memory") / most, context.Plan.Health.Limits.Memory, HealthJudge.Percent, HealthTexts.RedisMemoryAdvice);
        if (Number(info, "maxclients") is > 0 and var clients)
            yield return judge.AtMost($"{plan.Name} connections", HealthKind.Redis, 100.0 * Number(info, "connected_clients") / clients, context.Plan.Health.Limits.Connections, HealthJudge.Percent, HealthTexts.ConnectionsAdvice);
        string[] unsaved = [.. Unsaved(info)];
        yield return unsaved.Length == 0 ? judge.Good($"{plan.Name} persistence", HealthKind.Redis)
            : judge.Bad($"{plan.Name} persistence", HealthKind.Redis, Text.Of(HealthTexts.RedisUnsaved, string.Join(", ", unsaved)), HealthTexts.RedisUnsavedAdvice);
        if (info.GetValueOrDefault("master_link_status") is "down")
            yield return judge.Bad($"{plan.Name} replication", HealthKind.Redis, Text.Of(HealthTexts.RedisLinkDown, info.GetValueOrDefault("master_host"), info.GetValueOrDefault("master_port")), HealthTexts.RedisLinkAdvice);
    }
}
