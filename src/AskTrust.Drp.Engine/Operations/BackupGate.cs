using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// A backup as a gate before something that may go wrong (a deployment): passes only when there is a complete set of everything asked for, young enough, and proven where
/// that is asked. A set that is there already may count; else one is taken.
/// </summary>
internal sealed class BackupGate(OperationContext context, BackupOptions options)
{
    /// <summary>Runs.</summary>
    /// <returns><see cref="RunStatus.Skipped"/> with the id of the set that counted; else what the backup did.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: the set could not be proven; the gate stays closed.</exception>
    public async Task<BackupReport> RunAsync(CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        if (options.MaxAge is { } age && await FreshAsync(age, ct).ConfigureAwait(false) is { } set)
        {
            string text = Text.Of(set.Proven is null ? OperationsTexts.GateFresh : OperationsTexts.GateProven, set.Id, Human.Duration(context.Clock.GetUtcNow() - set.Time));
            context.Host.Say(DrpEventLevel.Information, text);
            if (!options.DryRun) await context.RecordAsync("gate", set.Id, RunStatus.Succeeded, DrpError.None, phases, new(StringComparer.Ordinal) { ["reason"] = options.Reason ?? "", ["proven"] = set.Proven is null ? "no" : "yes" }, ct).ConfigureAwait(false);
            return new BackupReport { Plan = context.Plan.Path, Id = set.Id, Status = RunStatus.Skipped, Components = set.Components, Repositories = [], Started = phases.Started, Duration = phases.Elapsed, Size = set.Size, PlainSize = set.PlainSize, Rows = set.Rows, Steps = [text] };
        }

        BackupReport report = await new BackupRun(context, options).RunAsync(ct).ConfigureAwait(false);
        if (options.RequireProven && !options.DryRun) await ProveAsync(report, ct).ConfigureAwait(false);
        return report;
    }

    /// <summary>The newest set that has all components asked for, in all repositories asked for, without an error, young enough, proven where asked; null when there is none.</summary>
    private async Task<BackupSet?> FreshAsync(TimeSpan age, CancellationToken ct)
    {
        JobPlan? job = Selection.Job(context.Plan, options.Job);
        // As in a backup: who names no kind takes what the plan of a component makes, a full set or an incremental one whose chain is whole.
        string? asked = options.Kind ?? (job?.Kind == SetId.Full ? null : job?.Kind);
        IReadOnlyList<ComponentPlan> components = Selection.Components(context.Plan, job, options.Components);
        if (asked == SetId.Base) components = Selection.Databases(components, named: options.Components.Count > 0 || job?.Components.Count > 0);
        if (options.Full) Selection.RequireChains(components, asked == SetId.Base);
        HashSet<string> repositories = [.. Selection.Repositories(context.Plan, job, options.Repositories).Where(r => !r.ReadOnly).Select(r => r.Name)];
        CatalogSnapshot snapshot;
        try
        {
            snapshot = await new CatalogReader(context.Catalog).ReadAsync(ct).ConfigureAwait(false);
        }
        catch (DrpException)
        {
            // What cannot be seen does not count. The first backup makes its repositories, and any other finds out what is wrong with them.
            return null;
        }

        DateTimeOffset oldest = context.Clock.GetUtcNow() - age;
        foreach (CatalogSet set in snapshot.Sets)
        {
            bool fits = (!options.Full || set.Set.Base is null) && (asked is null ? set.Set.Kind is SetId.Full or SetId.Incremental : set.Set.Kind == asked) && set.Set.Time >= oldest && components.All(c => set.Set.Components.Contains(c.Name, StringComparer.Ordinal))
                && (!options.RequireProven || components.All(c => snapshot.ProvenComponents(set.Id).ContainsKey(c.Name))) && repositories.IsSubsetOf(set.Set.Repositories)
                && !set.Copies.Any(c => snapshot.IsKnownBad(set.Id, c.Repository.Name));
            if (fits && (await ManifestStore.ReadAsync(context.Catalog, set.Copies[0].Repository, set.Id, ct).ConfigureAwait(false)).Manifest.Errors.Count == 0) return set.Set;
        }

        return null;
    }

    private async Task ProveAsync(BackupReport report, CancellationToken ct)
    {
        foreach (string component in report.Components)
        {
            RestoreTestResult result = await new RestoreTestRun(context, new RestoreTestOptions { Id = report.Id, Component = component }).RunAsync(ct).ConfigureAwait(false);
            if (result.Verdict != CheckVerdict.Ok)
                throw new DrpException(result.Code == DrpError.None ? DrpError.VerificationFailed : result.Code, Text.Of(OperationsTexts.GateNotProven, report.Id, component, result.Message)) { Subject = report.Id, Hint = OperationsTexts.GateNotProvenHint };
        }
    }
}
