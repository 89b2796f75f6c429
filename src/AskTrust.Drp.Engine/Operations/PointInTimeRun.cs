using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// Returns a whole cluster to a moment: look → choose the base and check the target → put aside what is there → extract → recover → check.
/// Whatever fails, the place is as it was before; only a delta restore, which keeps nothing, must be run again.
/// </summary>
internal sealed class PointInTimeRun(OperationContext context, RestoreOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly RestoreJournal _journal = new(context.RestoresFolder);
    private readonly string _id = RestoreEntry.NewId(context.Clock);

    /// <summary>Runs.</summary>
    public async Task<RestoreReport> RunAsync(CancellationToken ct)
    {
        RecoveryTarget target = options.To ?? RecoveryTarget.Immediate;
        if (new[] { options.DataDirectory, options.Container, options.Service }.Count(o => o is not null) != 1) throw new DrpException(DrpError.PlanInvalid, OperationsTexts.NeedsDataDirectory) { Hint = OperationsTexts.NeedsDataDirectoryHint };
        if (options.Path is not null) throw new DrpException(DrpError.PlanInvalid, OperationsTexts.NotFromAPath);
        if (!options.DryRun) await Leftovers.SweepAsync(context.Host, containers: false, ct).ConfigureAwait(false);
        IClusterTarget place = options.DataDirectory is null ? await VolumeTarget.OpenAsync(context, options, ct).ConfigureAwait(false)
            : options.Delta ? new DeltaTarget(context, options) : new FolderTarget(context, options);
        await using var ___ = place.ConfigureAwait(false);
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        RecoveryChoice choice = await new RecoveryChooser(context, encryption).ChooseAsync(target, options.Id, options.Component, options.Repository, options.Timeline, ct).ConfigureAwait(false);
        var restore = new BaseRestore(context, choice, encryption, _phases);
        await place.CheckAsync(choice, ct).ConfigureAwait(false);
        foreach (string warning in choice.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        if (options.DryRun) return Report(choice, place, RunStatus.Planned) with { Steps = Steps(choice, place, target, restore), Warnings = choice.Warnings };

        Lease? lease = await new LeaseKeeper(context.Catalog).AcquireAsync(choice.Repository, LeaseMode.Read, "restore", ct).ConfigureAwait(false);
        await using var __ = (lease ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        return await RestoreAsync(target, choice, restore, place, ct).ConfigureAwait(false);
    }

    private async Task<RestoreReport> RestoreAsync(RecoveryTarget target, RecoveryChoice choice, BaseRestore restore, IClusterTarget place, CancellationToken ct)
    {
        RestoreEntry entry = place.Describe(new RestoreEntry
        {
            RestoreId = _id, Started = _phases.Started, Component = choice.Component.Component, Database = choice.Facts.Database, Source = choice.Id.ToString(), WasEmpty = !place.IsThere,
        });
        await _journal.WriteAsync(entry, ct).ConfigureAwait(false);
        try
        {
            entry = entry with { Previous = await place.PrepareAsync(_id, ct).ConfigureAwait(false) };
            await _journal.WriteAsync(entry, ct).ConfigureAwait(false);
            await _phases.MeasureAsync("extract", () => place.ExtractAsync(restore, ct)).ConfigureAwait(false);
            var plan = new RecoveryPlan
            {
                Data = place.Place, Target = target, Exclusive = options.Exclusive, Timeline = choice.Timeline, Facts = choice.Facts, EndIsEnough = choice.EndIsEnough,
            };
            RecoveryOutcome outcome = await _phases.MeasureAsync("recover", () => place.RecoverAsync(restore, plan, ct)).ConfigureAwait(false);
            await _journal.WriteAsync(entry with { Finished = true }, CancellationToken.None).ConfigureAwait(false);
            if (place.Starts) await _phases.MeasureAsync("start", () => place.StartAsync(ct)).ConfigureAwait(false);
            var report = Report(choice, place, RunStatus.Succeeded) with
            {
                Recovery = outcome, Delta = place.Delta, Previous = entry.Previous, Phases = restore.Phases(), Warnings = choice.Warnings,
            };
            await RecordAsync(report, choice, null).ConfigureAwait(false);
            return report;
        }
        catch (Exception e)
        {
            await place.PutBackAsync().ConfigureAwait(false);
            await RecordAsync(Report(choice, place, RunStatus.Failed) with { Delta = place.Delta }, choice, e).ConfigureAwait(false);
            throw;
        }
    }

    private List<string> Steps(RecoveryChoice choice, IClusterTarget place, RecoveryTarget target, BaseRestore restore)
    {
        List<string> steps = [.. place.Steps(_id)];
        steps.Add(Text.Of(OperationsTexts.StepExtract, choice.Id, choice.Repository.Name, SpaceCheck.Size(restore.PlainSize), place.Description));
        if (choice.Parents.Count > 0) steps.Add(Text.Of(OperationsTexts.StepCombine, string.Join(", ", choice.Sets.Select(s => s.Id)), SpaceCheck.Size(choice.WorkSize)));
        steps.Add(Text.Of(OperationsTexts.StepRecover, target, choice.Timeline, choice.Reach?.End.ToString() ?? choice.Base.StopLsn));
        if (place.Starts) steps.Add(OperationsTexts.StepStart);
        return steps;
    }

    private RestoreReport Report(RecoveryChoice choice, IClusterTarget place, RunStatus status) => new()
    {
        Plan = context.Plan.Path, RestoreId = _id, Source = choice.Id.ToString(), Component = choice.Component.Component, Target = place.Description, Database = choice.Facts.Database,
        Status = status, SafetyOverride = options.NoSafetyReason, Started = _phases.Started, Duration = _phases.Elapsed, Phases = _phases.Phases,
    };

    private async Task RecordAsync(RestoreReport report, RecoveryChoice choice, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        Dictionary<string, string> facts = new(StringComparer.Ordinal)
        {
            ["restore"] = report.RestoreId, ["source"] = report.Source, ["component"] = report.Component ?? "", ["manifest"] = choice.Manifest.Sha256, ["target"] = report.Target,
            ["recovery target"] = (options.To ?? RecoveryTarget.Immediate).ToString(), ["reached"] = report.Recovery?.Reached ?? "", ["previous"] = report.Previous ?? "", ["safety override"] = report.SafetyOverride ?? "", ["error"] = error?.Message ?? "",
        };
        if (report.Delta is { } delta)
        {
            facts["delta"] = string.Create(CultureInfo.InvariantCulture, $"kept {delta.KeptBytes} bytes, rewrote {delta.RewrittenBytes}, removed {delta.Removed} files; nothing kept aside");
        }

        await context.RecordAsync("restore", report.Target, report.Status, error is null ? DrpError.None : Failures.CodeOf(error), _phases, facts, brief.Token).ConfigureAwait(false);
    }
}
