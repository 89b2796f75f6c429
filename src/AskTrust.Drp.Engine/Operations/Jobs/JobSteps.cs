using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Jobs;

/// <summary>What each step of a job does: the verb of that name, with what the plan says of the job.</summary>
internal sealed class JobSteps(OperationContext context, JobPlan job, JobOptions options)
{
    private IReadOnlyList<string> _components = [.. Selection.Components(context.Plan, job, []).Select(c => c.Name)];

    private bool _backupPlanned;

    /// <summary>The set of this run; null before, or without, a backup.</summary>
    public string? SetId { get; private set; }

    /// <summary>A step as the plan writes it.</summary>
    public static string Word(JobAction action) => action switch
    {
        JobAction.Backup => "backup",
        JobAction.Sync => "sync",
        JobAction.Verify => "verify",
        JobAction.TestRestore => "test-restore",
        _ => "prune",
    };

    /// <summary>Does one.</summary>
    public async Task<JobStepResult> DoAsync(JobAction action, CancellationToken ct)
    {
        try
        {
            return await StepAsync(action, ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (_backupPlanned && e.Code == DrpError.RepositoryMissing)
        {
            // The backup of the real run makes what is missing now.
            return Result(action, RunStatus.Planned, DrpError.None, JobTexts.WouldLook);
        }
    }

    private Task<JobStepResult> StepAsync(JobAction action, CancellationToken ct) => action switch
    {
        JobAction.Backup => BackupAsync(ct),
        JobAction.Sync => SyncAsync(ct),
        _ when options.DryRun && action is JobAction.Verify or JobAction.TestRestore => Task.FromResult(Result(action, RunStatus.Planned, DrpError.None, JobTexts.WouldLook)),
        JobAction.Verify => VerifyAsync(ct),
        JobAction.TestRestore => TestAsync(ct),
        _ => PruneAsync(ct),
    };

    private async Task<JobStepResult> BackupAsync(CancellationToken ct)
    {
        BackupReport report = await new BackupRun(context, new BackupOptions { Job = job.Name, Reason = options.Reason, DryRun = options.DryRun }).RunAsync(ct).ConfigureAwait(false);
        _backupPlanned = options.DryRun;
        (SetId, _components) = (options.DryRun ? null : report.Id, report.Components);
        string text = options.DryRun ? string.Join("; ", report.Steps) : Text.Of(JobTexts.Backed, report.Id, Human.Size(report.Size), string.Join(", ", report.Repositories.Where(r => r.Status == RunStatus.Succeeded).Select(r => r.Repository)));
        return Result(JobAction.Backup, report.Status, report.Code, report.Code == DrpError.Incomplete ? $"{text}. {string.Join(" ", report.Warnings)}" : text);
    }

    private async Task<JobStepResult> SyncAsync(CancellationToken ct)
    {
        List<SyncResult> results = [];
        await foreach (var result in new SyncRun(context, new SyncOptions { Repositories = job.Repositories, DryRun = options.DryRun }).RunAsync(ct).ConfigureAwait(false)) results.Add(result);
        SyncResult[] bad = [.. results.Where(r => r.Status is RunStatus.Failed or RunStatus.Incomplete)];
        string text = Text.Of(JobTexts.Synced, results.Count - bad.Length);
        if (bad.Length == 0) return Result(JobAction.Sync, options.DryRun ? RunStatus.Planned : RunStatus.Succeeded, DrpError.None, text);
        return Result(JobAction.Sync, RunStatus.Incomplete, DrpError.Incomplete, $"{text} {string.Join("; ", bad.Select(r => $"{r.Repository} {r.Id}: {r.Message}"))}");
    }

    private async Task<JobStepResult> VerifyAsync(CancellationToken ct)
    {
        var what = new VerifyOptions { Filter = new BackupFilter { Ids = SetId is { } id ? [id] : [] }, NewOnly = SetId is null };
        List<VerificationResult> results = [];
        await foreach (var result in new VerifyRun(context, what).RunAsync(ct).ConfigureAwait(false)) results.Add(result);
        VerificationResult[] bad = [.. results.Where(r => r.Verdict == CheckVerdict.Failed || r.Code != DrpError.None)];
        if (bad.Length > 0)
            return Result(JobAction.Verify, RunStatus.Failed, bad[0].Code == DrpError.None ? DrpError.VerificationFailed : bad[0].Code, string.Join("; ", bad.Select(r => $"{r.Repository} {r.Id}: {string.Join(", ", r.Problems)}")));
        return Result(JobAction.Verify, RunStatus.Succeeded, DrpError.None, Text.Of(JobTexts.Verified, results.Count));
    }

    private async Task<JobStepResult> TestAsync(CancellationToken ct)
    {
        List<RestoreTestResult> results = [];
        foreach (string component in _components) results.Add(await new RestoreTestRun(context, new RestoreTestOptions { Id = SetId ?? "latest", Component = component }).RunAsync(ct).ConfigureAwait(false));
        RestoreTestResult[] bad = [.. results.Where(r => r.Verdict != CheckVerdict.Ok)];
        if (bad.FirstOrDefault(r => r.Verdict == CheckVerdict.Failed) is { } failed)
            return Result(JobAction.TestRestore, RunStatus.Failed, failed.Code == DrpError.None ? DrpError.VerificationFailed : failed.Code, Texts(bad));
        // A test that was skipped proves nothing.
        return bad.Length > 0 ? Result(JobAction.TestRestore, RunStatus.Incomplete, DrpError.Incomplete, Texts(bad))
            : Result(JobAction.TestRestore, RunStatus.Succeeded, DrpError.None, Text.Of(JobTexts.Proven, string.Join(", ", results.Select(r => $"{r.Component} {r.Id}"))));

        static string Texts(RestoreTestResult[] results) => string.Join("; ", results.Select(r => $"{r.Component} {r.Id}: {r.Message}"));
    }

    private async Task<JobStepResult> PruneAsync(CancellationToken ct)
    {
        if (job.Keep is null) return Result(JobAction.Prune, RunStatus.Skipped, DrpError.None, JobTexts.KeepsAll);
        List<RetentionDecision> decisions = [];
        await foreach (var decision in new PruneRun(context).RetainAsync(new RetentionOptions { Job = job.Name, DryRun = options.DryRun }, ct).ConfigureAwait(false)) decisions.Add(decision);
        RetentionDecision[] bad = [.. decisions.Where(d => d.Action == RetentionAction.Failed)];
        string text = Text.Of(options.DryRun ? JobTexts.WouldPrune : JobTexts.Pruned, decisions.Count(d => d.Action == RetentionAction.Delete), decisions.Count(d => d.Action is RetentionAction.Keep or RetentionAction.Retained));
        return bad.Length == 0 ? Result(JobAction.Prune, options.DryRun ? RunStatus.Planned : RunStatus.Succeeded, DrpError.None, text)
            : Result(JobAction.Prune, RunStatus.Incomplete, DrpError.Incomplete, $"{text} {string.Join("; ", bad.Select(d => $"{d.Repository} {d.Id}: {d.Message}"))}");
    }

    private static JobStepResult Result(JobAction action, RunStatus status, DrpError code, string message) => new() { Action = action, Status = status, Code = code, Message = message };
}
