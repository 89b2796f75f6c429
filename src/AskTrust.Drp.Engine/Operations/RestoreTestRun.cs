using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Kinds;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// The proof: a set is fetched, decrypted and restored in a throw-away server, its rows are compared with the manifest, the plan's
/// assertions and the application's own tests are run, the canary is read back. On request the tester itself is tested: a damaged copy must be refused.
/// </summary>
internal sealed class RestoreTestRun(OperationContext context, RestoreTestOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly List<string> _warnings = [];
    private readonly List<AssertionResult> _assertions = [];
    private (string Name, string Version)? _server;

    /// <summary>Runs. A test that was run and failed is a result; one that could not be run is an exception.</summary>
    public async Task<RestoreTestResult> RunAsync(CancellationToken ct)
    {
        await Leftovers.SweepAsync(context.Host, containers: true, ct).ConfigureAwait(false);
        var (set, repository) = options.Random
            ? await SetChoice.RandomOlderAsync(context, options.Component, options.Repository, ct).ConfigureAwait(false)
            : await SetChoice.FindAsync(context, options.Id, options.Component, options.Repository, ct).ConfigureAwait(false);
        if (set.Id.Kind == SetId.Base) return await new PointInTimeTestRun(context, options with { Id = set.Set.Id }).RunAsync(ct).ConfigureAwait(false);
        if (await ComponentSet.FindAsync(context, set, repository, options.Component, required: false, ct).ConfigureAwait(false) is { } part)
        {
            return await RecordAsync(await new ComponentTest(context, options, _phases).RunAsync(part, ct).ConfigureAwait(false)).ConfigureAwait(false);
        }

        IEncryption? encryption = set.Set.Artifacts.Any(a => a.Encrypted) && context.Plan.Encryption is not null ? context.Encryption() : null;
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        Lease? lease = await new LeaseKeeper(context.Catalog).AcquireAsync(repository, LeaseMode.Read, "restore test", ct).ConfigureAwait(false);
        await using var __ = (lease ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);

        var sources = new RestoreSources(context, encryption);
        RestoreSource source = await sources.OfSetAsync(set.Id, repository, options.Component, null, ct).ConfigureAwait(false);
        RestoreTestResult result = NewResult(set, repository, source);
        try
        {
            result = await JudgeAsync(sources, set, repository, source, result, ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await RecordAsync(result with { Verdict = CheckVerdict.Skipped, Code = DrpError.Cancelled, Message = OperationsTexts.TestCancelled }).ConfigureAwait(false);
            throw;
        }
        catch (DrpException e)
        {
            result = result with { Verdict = CheckVerdict.Failed, Code = e.Code == DrpError.Failed ? DrpError.VerificationFailed : e.Code, Message = e.Message };
        }

        result = result with { Where = _server?.Name ?? "", ServerVersion = _server?.Version, Duration = _phases.Elapsed, Phases = source.Phases(_phases.Phases), Assertions = _assertions, Warnings = _warnings };
        return await RecordAsync(result).ConfigureAwait(false);
    }

    private async Task<RestoreTestResult> JudgeAsync(
        RestoreSources sources, CatalogSet set, IRepository repository, RestoreSource source, RestoreTestResult result, CancellationToken ct)
    {
        var plan = context.Plan.Components.GetValueOrDefault(source.Component) as PostgreSqlPlan;
        IThrowawayServer server = await _phases.MeasureAsync("start", () => ThrowawayServers.StartAsync(context.Host, source.Facts!, plan?.RestoreTest ?? new RestoreTestPlan(), options.Where, ct)).ConfigureAwait(false);
        await using var _ = server.ConfigureAwait(false);
        _server = (server.Where, server.Server.Version);
        _warnings.AddRange(server.Warnings);
        string database = await RestoreIntoAsync(server, source, options.Jobs, ct).ConfigureAwait(false);
        var assertions = new RestoreAssertions(context.Host, server.Server, database);
        await _phases.MeasureAsync("check", async () => result = await CheckAsync(assertions, server, source, plan, database, result, ct).ConfigureAwait(false)).ConfigureAwait(false);
        if (options.NegativeControl) result = await ControlAsync(sources, set, repository, source, server, assertions, result, ct).ConfigureAwait(false);
        return result;
    }

    private async Task<string> RestoreIntoAsync(IThrowawayServer server, RestoreSource source, int jobs, CancellationToken ct)
    {
        if (source.Globals is { } globals)
        {
            _warnings.AddRange(await _phases.MeasureAsync("globals", () => new GlobalsRestore(context.Host, server.Server, throwaway: true).RunAsync(globals, ct)).ConfigureAwait(false));
        }

        var outcome = await _phases.MeasureAsync("restore", () => new DatabaseReplacement(context.Host, server.Server, throwaway: true).RunAsync(source.Input, source.Facts!.Database, new ReplacementSettings
        {
            Replace = true,
            Restore = new RestoreSettings { Jobs = jobs, NoTablespaces = true, Activity = Text.Of(OperationsTexts.Testing, source.Name) },
        }, ct)).ConfigureAwait(false);
        _warnings.AddRange(outcome.Restored.Warnings);
        return outcome.Database;
    }

    private async Task<RestoreTestResult> CheckAsync(
        RestoreAssertions assertions, IThrowawayServer server, RestoreSource source, PostgreSqlPlan? plan, string database, RestoreTestResult result, CancellationToken ct)
    {
        if (source.Facts!.Rows is { } rows) _assertions.AddRange(await assertions.RowsAsync(rows, ct).ConfigureAwait(false));
        else _warnings.Add(OperationsTexts.RowsUnknown);
        if (plan is not null)
        {
            _assertions.AddRange(await assertions.SqlAsync(plan.RestoreTest.Assertions, ct).ConfigureAwait(false));
            if (plan.RestoreTest.Command.Count > 0) _assertions.Add(await assertions.CommandAsync(plan.RestoreTest, server.DatabaseUrl(database), context.Plan.Folder, ct).ConfigureAwait(false));
        }

        DateTimeOffset? canary = null;
        if (source.Facts.Canary is { } written)
        {
            (AssertionResult seen, canary) = await assertions.CanaryAsync(written, ct).ConfigureAwait(false);
            _assertions.Add(seen);
        }

        var failed = _assertions.Where(a => a.Verdict == CheckVerdict.Failed).ToList();
        bool passed = failed.Count == 0 && (_assertions.Count > 0 || source.Facts.Rows is not null);
        return result with
        {
            Verdict = passed ? CheckVerdict.Ok : CheckVerdict.Failed,
            Code = passed ? DrpError.None : DrpError.VerificationFailed,
            Message = passed ? null : failed.Count > 0 ? Text.Of(OperationsTexts.AssertionsFailed, failed.Count, failed[0].Name, failed[0].Expected, failed[0].Actual) : OperationsTexts.NothingAsserted,
            Rows = source.Facts.Rows?.Values.Sum(),
            Canary = canary,
            MeasuredRpo = canary is { } at ? _phases.Started - at : null,
        };
    }

    /// <summary>
    /// Two ways in which a copy can be bad, both through the road of the real test: a flipped bit in what is stored, and rows that are missing.
    /// The tester has to notice each of them.
    /// </summary>
    private async Task<RestoreTestResult> ControlAsync(
        RestoreSources sources, CatalogSet set, IRepository repository, RestoreSource source, IThrowawayServer server, RestoreAssertions assertions, RestoreTestResult result, CancellationToken ct)
    {
        string? missed = null;
        await _phases.MeasureAsync("negative control", async () =>
        {
            if (!await RefusesDamageAsync(sources, set, repository, source, server, ct).ConfigureAwait(false)) missed = OperationsTexts.MissedDamage;
            else if (!await NoticesLossAsync(source, assertions, ct).ConfigureAwait(false)) missed = OperationsTexts.MissedLoss;
        }).ConfigureAwait(false);
        return missed is null
            ? result with { NegativeControl = true }
            : result with { NegativeControl = false, Verdict = CheckVerdict.Failed, Code = DrpError.VerificationFailed, Message = missed };
    }

    private async Task<bool> RefusesDamageAsync(RestoreSources sources, CatalogSet set, IRepository repository, RestoreSource source, IThrowawayServer server, CancellationToken ct)
    {
        var damaged = await sources.OfSetAsync(set.Id, repository, source.Component, (stored, artifact) => artifact.Role == "globals" ? stored : new DamagedStream(stored, artifact.Size / 2), ct).ConfigureAwait(false);
        try
        {
            await new DatabaseReplacement(context.Host, server.Server, throwaway: true).RunAsync(
                damaged.Input with { Facts = source.Facts }, $"{source.Component}_control", new ReplacementSettings { Restore = new RestoreSettings { Jobs = options.Jobs, NoTablespaces = true } }, ct).ConfigureAwait(false);
            return false;
        }
        catch (DrpException)
        {
            return true;
        }
    }

    private static async Task<bool> NoticesLossAsync(RestoreSource source, RestoreAssertions assertions, CancellationToken ct)
    {
        // An empty database has nothing to lose.
        if (source.Facts?.Rows is not { } rows || rows.All(r => r.Value == 0)) return true;
        var claimed = rows.ToDictionary(r => r.Key, r => r.Value, StringComparer.Ordinal);
        string largest = claimed.MaxBy(r => r.Value).Key;
        claimed[largest]++;
        var found = await assertions.RowsAsync(claimed, ct).ConfigureAwait(false);
        return found.Any(a => a.Verdict == CheckVerdict.Failed);
    }

    private RestoreTestResult NewResult(CatalogSet set, IRepository repository, RestoreSource source)
    {
        string? kind = context.Plan.Components.GetValueOrDefault(source.Component)?.Class;
        ObjectivePlan? objective = kind is null ? null : context.Plan.Objectives.GetValueOrDefault(kind);
        return new RestoreTestResult
        {
            Plan = context.Plan.Path,
            Product = context.Plan.Name,
            Id = set.Set.Id,
            Repository = repository.Name,
            Component = source.Component,
            Verdict = CheckVerdict.Failed,
            Where = "",
            SourceVersion = source.Facts!.ServerVersion,
            Started = _phases.Started,
            Duration = TimeSpan.Zero,
            Phases = [],
            ObjectiveRto = objective?.Rto,
            ObjectiveRpo = objective?.Rpo,
            Size = set.Set.Size,
            ManifestSha256 = source.Manifest!.Sha256,
        };
    }

    private async Task<RestoreTestResult> RecordAsync(RestoreTestResult result)
    {
        using var brief = new CancellationTokenSource(s_brief);
        string? digest = await context.RecordAsync("restore-test", result.Id, result.Verdict == CheckVerdict.Ok ? RunStatus.Succeeded : RunStatus.Failed, result.Code, _phases, RestoreTestFacts.Of(result), brief.Token).ConfigureAwait(false);
        result = result with { Evidence = digest };
        await new RestoreTestHistory(context).AddAsync(result, brief.Token).ConfigureAwait(false);
        // A tester that is broken says nothing of the set.
        if (result.NegativeControl != false) await new Memory(context.Catalog).RememberAsync(result, brief.Token).ConfigureAwait(false);
        return result;
    }
}
