using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Components.Redis;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Redis;

/// <summary>Redis servers.</summary>
internal sealed class RedisKind(OperationContext context) : IComponentKind
{
    /// <summary>The type.</summary>
    public const string Name = "redis";

    /// <inheritdoc/>
    public string Type => Name;

    /// <inheritdoc/>
    public string TrialPlace => "server";

    /// <inheritdoc/>
    public void Guide(StringBuilder page, ComponentFacts facts, IReadOnlyList<BackupArtifact> artifacts) => RedisGuide.Write(page, facts, facts.Redis!, artifacts);

    /// <inheritdoc/>
    public async Task<string?> LookAsync(ComponentFacts facts, BackupArtifact artifact, Stream plain, CancellationToken ct)
    {
        if (artifact.Role != RdbArtifact.Rdb || facts.Redis is not { } redis)
        {
            await plain.CopyToAsync(Stream.Null, ct).ConfigureAwait(false);
            return null;
        }

        try
        {
            var reader = new RdbReader(plain);
            await reader.ReadAsync(ct).ConfigureAwait(false);
            return Differs(redis.Keys, reader.Keys);
        }
        catch (InvalidDataException e)
        {
            return Host.Text.Of(OperationsTexts.ArchiveUnreadable, artifact.Name, e.Message);
        }
    }

    /// <inheritdoc/>
    public async Task<IComponentRestore> PrepareAsync(ComponentSet set, RestoreComponentOptions options, string restoreId, CancellationToken ct)
    {
        if (options.Include.Count > 0) throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(RedisRunTexts.NoInclude, set.Facts.Component)) { Subject = set.Facts.Component };
        RedisPlace place = await RedisPlace.OfAsync(context, set, options.DestinationFolder ?? options.Destination, ct).ConfigureAwait(false);
        try
        {
            return await RedisRestore.PrepareAsync(set, place, options, restoreId, ct).ConfigureAwait(false);
        }
        catch
        {
            await place.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A throw-away server loads what was saved, and says how many keys it has.</summary>
    public async Task<TrialOutcome> TryAsync(ComponentSet set, PhaseClock phases, CancellationToken ct)
    {
        RedisFacts facts = set.Facts.Redis!;
        ThrowawayRedis server = await phases.MeasureAsync("start", () => ThrowawayRedis.MakeAsync(context.Host, facts, ct)).ConfigureAwait(false);
        await using var _ = server.ConfigureAwait(false);
        List<AssertionResult> found = [];
        var content = new RedisContent(set, server.Shell);
        await phases.MeasureAsync("restore", async () =>
        {
            await server.Shell.RequireRoomAsync(Path.GetDirectoryName(server.Folder)!, set.Artifacts.Sum(a => a.PlainSize), ct).ConfigureAwait(false);
            await content.WriteDumpAsync($"{server.Folder}/rdb", ct).ConfigureAwait(false);
            if (facts.AppendFiles.Count > 0) await content.WriteAppendFilesAsync($"{server.Folder}/aof", ct).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await phases.MeasureAsync("check", async () =>
        {
            string file = $"{server.Folder}/rdb/{facts.DumpFile}";
            string said = await server.Shell.RunAsync("redis-check-rdb \"$1\" 2>&1 || true", ct, file).ConfigureAwait(false);
            found.Add(new AssertionResult { Name = "redis-check-rdb", Verdict = said.Contains("looks OK", StringComparison.Ordinal) ? CheckVerdict.Ok : CheckVerdict.Failed, Expected = "OK", Actual = said.Split('\n')[^1].Trim() });
            if (found[0].Verdict != CheckVerdict.Ok) return;
            RedisClient client = await server.StartAsync($"{server.Folder}/rdb", ct, "--appendonly", "no", "--dbfilename", facts.DumpFile).ConfigureAwait(false);
            found.AddRange(Compare(RedisRunTexts.KeysOf, facts.Keys, await client.KeysAsync(ct).ConfigureAwait(false)));
            if (facts.AppendFiles.Count == 0) return;
            string[] folder = facts.AppendDirectory is { } name ? ["--appenddirname", name] : [];
            RedisClient appended = await server.StartAsync($"{server.Folder}/aof", ct, ["--appendonly", "yes", "--aof-load-truncated", "no", "--appendfilename", facts.AppendFile, .. folder]).ConfigureAwait(false);
            found.AddRange(Compare(RedisRunTexts.AppendKeysOf, facts.AppendKeys, await appended.KeysAsync(ct).ConfigureAwait(false)));
        }).ConfigureAwait(false);
        return new TrialOutcome { Assertions = found, ServerVersion = server.Version, Where = server.Where, Keys = facts.Keys?.Values.Sum(k => k.Keys) };
    }

    /// <inheritdoc/>
    public ComponentFacts Overstate(ComponentFacts facts)
    {
        var keys = new Dictionary<string, RedisKeys>(facts.Redis!.Keys ?? new Dictionary<string, RedisKeys>(StringComparer.Ordinal), StringComparer.Ordinal);
        RedisKeys first = keys.GetValueOrDefault("0", new RedisKeys(0, 0));
        keys["0"] = first with { Keys = first.Keys + 1 };
        return facts with { Redis = facts.Redis with { Keys = keys } };
    }

    /// <inheritdoc/>
    public async Task<IComponentUndo> PrepareUndoAsync(RestoreEntry entry, string undoId, CancellationToken ct) =>
        await RedisUndo.PrepareAsync(await RedisPlace.OfAsync(context, entry, ct).ConfigureAwait(false), entry, undoId, ct).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<RestoreEntry?> SettleAsync(RestoreEntry killed, CancellationToken ct) => RedisUndo.SettleAsync(context, killed, ct);

    private static IEnumerable<AssertionResult> Compare(string name, IReadOnlyDictionary<string, RedisKeys>? expected, IReadOnlyDictionary<string, RedisKeys> found) => expected is null
        ? []
        : expected.Keys.Union(found.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(d => ComponentTest.Same(Host.Text.Of(name, d), expected.GetValueOrDefault(d)?.Keys ?? 0, found.GetValueOrDefault(d)?.Keys ?? 0));

    private static string? Differs(IReadOnlyDictionary<string, RedisKeys>? expected, IReadOnlyDictionary<string, RedisKeys>? found)
    {
        if (expected is null || found is null) return null;
        return Compare(RedisRunTexts.KeysOf, expected, found).FirstOrDefault(a => a.Verdict == CheckVerdict.Failed) is { } wrong
            ? string.Create(CultureInfo.CurrentCulture, $"{wrong.Name}: {wrong.Expected} ≠ {wrong.Actual}")
            : null;
    }
}
