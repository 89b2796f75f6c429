using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Kinds;

/// <summary>The proof for a component that is no database: it is restored into something that is thrown away, and compared with the manifest.</summary>
internal sealed class ComponentTest(OperationContext context, RestoreTestOptions options, PhaseClock phases)
{
    /// <summary>Runs. A test that was run and failed is a result; one that could not be run is an exception.</summary>
    public async Task<RestoreTestResult> RunAsync(ComponentSet found, CancellationToken ct)
    {
        IComponentKind kind = ComponentKinds.Require(context, found.Facts);
        OpenedSet opened = await found.HoldAsync("restore test", ct).ConfigureAwait(false);
        await using var _ = opened.ConfigureAwait(false);
        ComponentSet set = opened.Set;
        RestoreTestResult result = NewResult(kind, set);
        try
        {
            TrialOutcome outcome = await kind.TryAsync(set, phases, ct).ConfigureAwait(false);
            result = Judge(result with { Files = outcome.Files, Keys = outcome.Keys, Where = outcome.Where ?? result.Where, ServerVersion = outcome.ServerVersion, Assertions = outcome.Assertions, Warnings = outcome.Warnings });
            if (options.NegativeControl && result.Verdict == CheckVerdict.Ok) result = await ControlAsync(result, kind, set, ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (e.Code != DrpError.Unreachable)
        {
            result = result with { Verdict = CheckVerdict.Failed, Code = e.Code == DrpError.Failed ? DrpError.VerificationFailed : e.Code, Message = e.Message };
        }

        return result with { Duration = phases.Elapsed, Phases = phases.Phases, Warnings = [.. result.Warnings, .. set.Facts.Missing ?? []] };
    }

    /// <summary>A comparison of two numbers.</summary>
    public static AssertionResult Same(string name, long expected, long found) => new()
    {
        Kind = AssertionKind.Check, Name = name, Verdict = expected == found ? CheckVerdict.Ok : CheckVerdict.Failed,
        Expected = expected.ToString(CultureInfo.InvariantCulture), Actual = found.ToString(CultureInfo.InvariantCulture),
    };

    private static RestoreTestResult Judge(RestoreTestResult result) => result.Assertions.Where(a => a.Verdict == CheckVerdict.Failed).ToList() is [var first, ..] failed
        ? result with { Code = DrpError.VerificationFailed, Message = Text.Of(OperationsTexts.AssertionsFailed, failed.Count, first.Name, first.Expected, first.Actual) }
        : result with { Verdict = CheckVerdict.Ok, Code = DrpError.None };

    /// <summary>Two ways in which a copy can be bad, through the road of the real test: a flipped bit, and less than the manifest says. The tester has to notice both.</summary>
    private async Task<RestoreTestResult> ControlAsync(RestoreTestResult result, IComponentKind kind, ComponentSet set, CancellationToken ct)
    {
        string? missed = null;
        await phases.MeasureAsync(RestoreTestResult.NegativeControlPhase, async () =>
        {
            BackupArtifact largest = set.Artifacts.MaxBy(a => a.Size)!;
            if (!await RefusesAsync(set with { Damage = (stored, a) => a.Name == largest.Name ? new DamagedStream(stored, a.Size / 2) : stored }).ConfigureAwait(false)) missed = OperationsTexts.MissedDamage;
            else if (!await RefusesAsync(set with { Facts = kind.Overstate(set.Facts) }).ConfigureAwait(false)) missed = OperationsTexts.MissedPart;
        }).ConfigureAwait(false);
        return missed is null
            ? result with { NegativeControl = true }
            : result with { NegativeControl = false, Verdict = CheckVerdict.Failed, Code = DrpError.VerificationFailed, Message = missed };

        async Task<bool> RefusesAsync(ComponentSet bad)
        {
            try
            {
                // Its own clock: how long the copies take is no part of the recovery time.
                TrialOutcome outcome = await kind.TryAsync(bad, new PhaseClock(context.Clock), ct).ConfigureAwait(false);
                return outcome.Assertions.Any(a => a.Verdict == CheckVerdict.Failed);
            }
            catch (DrpException)
            {
                return true;
            }
        }
    }

    private RestoreTestResult NewResult(IComponentKind kind, ComponentSet set)
    {
        string? data = context.Plan.Components.GetValueOrDefault(set.Facts.Component)?.Class;
        ObjectivePlan? objective = data is null ? null : context.Plan.Objectives.GetValueOrDefault(data);
        return new RestoreTestResult
        {
            Plan = context.Plan.Path, Product = context.Plan.Name, Id = set.Set.Set.Id, Repository = set.Repository.Name, Component = set.Facts.Component, Verdict = CheckVerdict.Failed,
            Where = kind.TrialPlace, Started = phases.Started, Duration = TimeSpan.Zero, Phases = [], ObjectiveRto = objective?.Rto, ObjectiveRpo = objective?.Rpo, Size = set.Set.Set.Size,
            ManifestSha256 = set.Manifest.Sha256,
        };
    }
}
