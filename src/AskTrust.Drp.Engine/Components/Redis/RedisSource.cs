using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Redis;

/// <summary>A Redis server as a source.</summary>
/// <param name="plan">The component.</param>
/// <param name="planFile">Path of the plan, for the checks.</param>
/// <param name="host">The outside world.</param>
/// <param name="encrypted">True when what is written is encrypted: the access list holds digests of passwords.</param>
internal sealed class RedisSource(RedisPlan plan, string planFile, HostContext host, bool encrypted) : IComponentSource
{
    /// <inheritdoc/>
    public string Name => plan.Name;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PlanCheck>> ProbeAsync(CancellationToken ct)
    {
        long start = host.Clock.GetTimestamp();
        var check = new PlanCheck { Plan = planFile, Subject = $"component {plan.Name}", Check = RedisTexts.CheckServer, Verdict = CheckVerdict.Ok, Message = "" };
        try
        {
            RedisClient client = await RedisClient.OfAsync(plan, host, ct).ConfigureAwait(false);
            string version = (await client.InfoAsync("server", ct).ConfigureAwait(false)).GetValueOrDefault("redis_version", "?");
            long keys = (await client.KeysAsync(ct).ConfigureAwait(false)).Values.Sum(k => k.Keys);
            bool appends = await client.SettingAsync("appendonly", ct).ConfigureAwait(false) == "yes";
            check = check with { Message = Text.Of(RedisTexts.ServerAnswers, client.Description, version, keys) };
            if (plan.AppendOnlyFiles && !appends) check = check with { Verdict = CheckVerdict.Warning, Message = Text.Of(RedisTexts.NoAppendOnly, client.Description), Code = DrpError.Incomplete };
        }
        catch (DrpException e)
        {
            check = check with { Verdict = CheckVerdict.Failed, Message = e.Message, Hint = e.Hint, Code = e.Code };
        }

        return [check with { Elapsed = host.Clock.GetElapsedTime(start) }];
    }

    /// <summary>The memory of the data: an RDB is smaller.</summary>
    public async Task<long?> EstimateAsync(CancellationToken ct)
    {
        RedisClient client = await RedisClient.OfAsync(plan, host, ct).ConfigureAwait(false);
        return Dataset(await client.InfoAsync("memory", ct).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task<IComponentBackup> BeginAsync(CancellationToken ct)
    {
        RedisClient client = await RedisClient.OfAsync(plan, host, ct).ConfigureAwait(false);
        var server = await client.InfoAsync("server", ct).ConfigureAwait(false);
        var facts = new RedisFacts
        {
            ServerVersion = server.GetValueOrDefault("redis_version", "?"),
            Directory = await client.SettingAsync("dir", ct).ConfigureAwait(false),
            DumpFile = await client.SettingAsync("dbfilename", ct).ConfigureAwait(false),
            AppendOnly = await client.SettingAsync("appendonly", ct).ConfigureAwait(false) == "yes",
            AppendDirectory = await client.SettingAsync("appenddirname", ct).ConfigureAwait(false) is { Length: > 0 } folder ? folder : null,
            AppendFile = await client.SettingAsync("appendfilename", ct).ConfigureAwait(false) is { Length: > 0 } file ? file : "appendonly.aof",
            Image = client.Container?.Image,
            ImageDigest = client.Container?.ImageDigest,
        };
        List<string> warnings = [];
        List<IArtifactSource> small = await SettingsAsync(client, warnings, ct).ConfigureAwait(false);
        AppendFiles? files = null;
        if (plan.AppendOnlyFiles && facts.AppendOnly) files = await AppendFiles.OpenAsync(client, facts, plan.Name, host, ct).ConfigureAwait(false);
        else if (plan.AppendOnlyFiles) warnings.Add(Text.Of(RedisTexts.NoAppendOnly, client.Description));
        var rdb = new RdbArtifact($"{plan.Name}.rdb", client, host, Dataset(await client.InfoAsync("memory", ct).ConfigureAwait(false)));
        return new RedisBackup(plan, client, facts, rdb, files, small, warnings);
    }

    private async Task<List<IArtifactSource>> SettingsAsync(RedisClient client, List<string> warnings, CancellationToken ct)
    {
        List<IArtifactSource> small = [];
        try
        {
            string settings = await client.AskAsync(ct, "CONFIG", "GET", "*").ConfigureAwait(false);
            small.Add(new BytesArtifact($"{plan.Name}.conf", RedisBackup.Settings, Encoding.UTF8.GetBytes(RedisSettings.Text(settings))));
            string list = await client.AskAsync(ct, "ACL", "LIST").ConfigureAwait(false);
            if (encrypted || !list.Contains('#', StringComparison.Ordinal)) small.Add(new BytesArtifact($"{plan.Name}.acl", RedisBackup.AccessList, Encoding.UTF8.GetBytes(list.TrimEnd() + "\n")));
            else warnings.Add(Text.Of(RedisTexts.AccessListInClear, plan.Name));
        }
        catch (DrpException e) when (e.Code == DrpError.Failed)
        {
            // A user without the right to see them, or a server before version 6: the data is what counts.
            warnings.Add(Text.Of(RedisTexts.NoSettings, plan.Name, e.Message));
        }

        return small;
    }

    private static long? Dataset(IReadOnlyDictionary<string, string> memory) => long.TryParse(memory.GetValueOrDefault("used_memory_dataset"), CultureInfo.InvariantCulture, out long bytes) ? bytes : null;
}

/// <summary>One backup of a server.</summary>
internal sealed class RedisBackup(RedisPlan plan, RedisClient client, RedisFacts facts, RdbArtifact rdb, AppendFiles? files, IReadOnlyList<IArtifactSource> small, IReadOnlyList<string> warnings) : IComponentBackup
{
    /// <summary>Role of the settings in the manifest.</summary>
    public const string Settings = "settings";

    /// <summary>Role of the access list in the manifest.</summary>
    public const string AccessList = "acl";

    /// <inheritdoc/>
    public IReadOnlyList<IArtifactSource> Artifacts => [.. small, rdb, .. files?.Artifacts ?? []];

    /// <inheritdoc/>
    public Task<ComponentFacts> CompleteAsync(CancellationToken ct) => Task.FromResult(new ComponentFacts
    {
        Component = plan.Name,
        Type = plan.Type,
        Source = client.Description,
        Moment = files?.Moment ?? rdb.Moment,
        Redis = facts with { Keys = rdb.Keys, AppendFiles = files?.Names ?? [], AppendKeys = files?.Keys },
        Warnings = rdb.Keys is null ? [.. warnings, Text.Of(RedisTexts.CannotCount, plan.Name)] : warnings,
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => files?.DisposeAsync() ?? ValueTask.CompletedTask;
}
