using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// The proof of the physical chain: a base is extracted into a throw-away cluster, checked with the server's own file list, recovered to the target with the
/// archived WAL, its structures are examined, the plan's assertions are run and the canary is read back.
/// </summary>
internal sealed class PointInTimeTestRun(OperationContext context, RestoreTestOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private List<string> _warnings = [];
    private string _where = "";
    private readonly List<AssertionResult> _assertions = [];
    private string? _version;

    /// <summary>Runs. A test that was run and failed is a result; one that could not be run is an exception.</summary>
    public async Task<RestoreTestResult> RunAsync(CancellationToken ct)
    {
        await Leftovers.SweepAsync(context.Host, containers: true, ct).ConfigureAwait(false);
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        RecoveryTarget target = options.To ?? RecoveryTarget.Immediate;
        string? id = SetId.TryParse(options.Id, out SetId set) && set.Kind == SetId.Base ? options.Id : null;
        RecoveryChoice choice = await new RecoveryChooser(context, encryption).ChooseAsync(target, id, options.Component, options.Repository, null, ct).ConfigureAwait(false);
        Lease? lease = await new LeaseKeeper(context.Catalog).AcquireAsync(choice.Repository, LeaseMode.Read, "restore test", ct).ConfigureAwait(false);
        await using var __ = (lease ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        _warnings.AddRange(choice.Warnings);
        var restore = new BaseRestore(context, choice, encryption, _phases);
        RestoreTestResult result = NewResult(choice);
        try
        {
            result = await JudgeAsync(choice, restore, target, result, ct).ConfigureAwait(false);
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

        return await RecordAsync(result with { Where = _where, ServerVersion = _version, Duration = _phases.Elapsed, Phases = restore.Phases(), Assertions = _assertions, Warnings = _warnings }).ConfigureAwait(false);
    }

    private async Task<RestoreTestResult> JudgeAsync(RecoveryChoice choice, BaseRestore restore, RecoveryTarget target, RestoreTestResult result, CancellationToken ct)
    {
        ThrowawayRecovery place = await ThrowawayRecovery.PrepareAsync(context, choice, options.Where, listens: TestPlan(choice)?.Command.Count > 0, ct).ConfigureAwait(false);
        await using var _ = place.ConfigureAwait(false);
        (_where, _warnings) = (place.Where, [.. _warnings, .. place.Warnings]);
        if (options.NegativeControl && !await RefusesDamageAsync(restore, place, ct).ConfigureAwait(false))
        {
            return result with { NegativeControl = false, Code = DrpError.VerificationFailed, Message = OperationsTexts.MissedDamage };
        }

        await _phases.MeasureAsync("extract", () => place.ExtractAsync(restore, null, ct)).ConfigureAwait(false);
        await _phases.MeasureAsync("verify", () => ProgramAsync(place, "pg_verifybackup", ct, "--quiet", place.Data)).ConfigureAwait(false);
        RecoveryOutcome outcome = await _phases.MeasureAsync("recover", () => place.RecoverAsync(restore, target, exclusive: false, ct)).ConfigureAwait(false);
        _version = place.Server.Server.Version;
        _assertions.Add(Passed(Text.Of(OperationsTexts.RecoveredTo, target), outcome.Reached));
        await _phases.MeasureAsync("check", async () => result = await CheckAsync(choice, place, result, ct).ConfigureAwait(false)).ConfigureAwait(false);
        return options.NegativeControl ? result with { NegativeControl = true } : result;
    }

    private async Task<RestoreTestResult> CheckAsync(RecoveryChoice choice, ThrowawayRecovery place, RestoreTestResult result, CancellationToken ct)
    {
        string database = choice.Facts.Database;
        if (await place.HasProgramAsync("pg_amcheck", ct).ConfigureAwait(false))
        {
            await ProgramAsync(place, "pg_amcheck", ct, "--all", "--install-missing", "--no-password", $"--host={place.Socket}", "--port=5432", $"--username={choice.Base.Superuser}").ConfigureAwait(false);
        }

        var assertions = new RestoreAssertions(context.Host, place.Server.Server, database);
        if (TestPlan(choice) is { } plan)
        {
            _assertions.AddRange(await assertions.SqlAsync(plan.Assertions, ct).ConfigureAwait(false));
            if (plan.Command.Count > 0) _assertions.Add(await assertions.CommandAsync(plan, await place.UrlAsync(database, ct).ConfigureAwait(false), context.Plan.Folder, ct).ConfigureAwait(false));
        }

        DateTimeOffset? canary = null;
        if (choice.Facts.Canary is { } written)
        {
            (AssertionResult seen, canary) = await assertions.CanaryAsync(written, ct).ConfigureAwait(false);
            _assertions.Add(seen);
        }

        var failed = _assertions.Where(a => a.Verdict == CheckVerdict.Failed).ToList();
        return result with
        {
            Verdict = failed.Count == 0 ? CheckVerdict.Ok : CheckVerdict.Failed,
            Code = failed.Count == 0 ? DrpError.None : DrpError.VerificationFailed,
            Message = failed.Count == 0 ? null : Text.Of(OperationsTexts.AssertionsFailed, failed.Count, failed[0].Name, failed[0].Expected, failed[0].Actual),
            Canary = canary,
            MeasuredRpo = canary is { } at ? _phases.Started - at : null,
        };
    }

    /// <summary>One of the server's own checks, as an assertion: exit code 0 passes.</summary>
    private async Task ProgramAsync(ThrowawayRecovery place, string program, CancellationToken ct, params IReadOnlyList<string> arguments)
    {
        long began = context.Clock.GetTimestamp();
        ProcessResult run = await context.Host.Processes.RunAsync(place.Program(program, arguments), ct).ConfigureAwait(false);
        string said = string.Join('\n', (run.Text + run.Errors).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(10));
        _assertions.Add(Passed(program, run.Ok ? "0" : said) with { Verdict = run.Ok ? CheckVerdict.Ok : CheckVerdict.Failed, Expected = "0", Elapsed = context.Clock.GetElapsedTime(began) });
    }

    private async Task<bool> RefusesDamageAsync(BaseRestore restore, ThrowawayRecovery place, CancellationToken ct)
    {
        try
        {
            await _phases.MeasureAsync(RestoreTestResult.NegativeControlPhase, () => place.ExtractAsync(
                restore, (stored, artifact) => artifact.Role == "base" ? new DamagedStream(stored, artifact.Size / 2) : stored, ct)).ConfigureAwait(false);
            return false;
        }
        catch (DrpException e) when (e.Code == DrpError.VerificationFailed)
        {
            await place.ClearAsync(ct).ConfigureAwait(false);
            return true;
        }
    }

    private RestoreTestPlan? TestPlan(RecoveryChoice choice) => (context.Plan.Components.GetValueOrDefault(choice.Component.Component) as PostgreSqlPlan)?.RestoreTest;

    private static AssertionResult Passed(string name, string actual) => new() { Kind = AssertionKind.Check, Name = name, Verdict = CheckVerdict.Ok, Actual = actual };

    private RestoreTestResult NewResult(RecoveryChoice choice)
    {
        string? kind = context.Plan.Components.GetValueOrDefault(choice.Component.Component)?.Class;
        ObjectivePlan? objective = kind is null ? null : context.Plan.Objectives.GetValueOrDefault(kind);
        return new RestoreTestResult
        {
            Plan = context.Plan.Path, Product = context.Plan.Name, Id = choice.Id.ToString(), Repository = choice.Repository.Name, Component = choice.Component.Component,
            Verdict = CheckVerdict.Failed, Where = _where, SourceVersion = choice.Facts.ServerVersion, Started = _phases.Started, Duration = TimeSpan.Zero, Phases = [],
            ObjectiveRto = objective?.Rto, ObjectiveRpo = objective?.Rpo, Size = choice.Manifest.Manifest.Size, ManifestSha256 = choice.Manifest.Sha256,
        };
    }

    private async Task<RestoreTestResult> RecordAsync(RestoreTestResult result)
    {
        using var brief = new CancellationTokenSource(s_brief);
        string? digest = await context.RecordAsync("restore-test", result.Id, result.Verdict == CheckVerdict.Ok ? RunStatus.Succeeded : RunStatus.Failed, result.Code, _phases, RestoreTestFacts.Of(result), brief.Token).ConfigureAwait(false);
        result = result with { Evidence = digest };
        await new RestoreTestHistory(context).AddAsync(result, brief.Token).ConfigureAwait(false);
        if (result.NegativeControl != false) await new Memory(context.Catalog).RememberAsync(result, brief.Token).ConfigureAwait(false);
        return result;
    }
}
