using System.Globalization;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Plan.Values;

namespace AskTrust.Drp.Engine.Operations.Jobs;

/// <summary>
/// One run of a job of the plan: its steps in order, one exit code, one record of evidence besides those of the steps. What schedulers call. After a step that failed
/// nothing more is done: least of all may retention delete older sets because of a set that is not there.
/// </summary>
internal sealed class JobRun(OperationContext context, JobOptions options)
{
    /// <summary>How late a scheduler may call: a machine under load, the clock of another.</summary>
    private static readonly TimeSpan s_late = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly List<JobStepResult> _steps = [];

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Locked"/>: the job runs already. <see cref="DrpError.PlanInvalid"/>: there is no such job.</exception>
    public async Task<JobReport> RunAsync(CancellationToken ct)
    {
        JobPlan job = Selection.Job(context.Plan, options.Name)!;
        if (options.WhenDue && !IsDue(job)) return Report(job, new JobSteps(context, job, options), RunStatus.Skipped, DrpError.None, Text.Of(JobTexts.NotDue, job.Name, job.Schedule, job.TimeZone));
        if (options.DryRun) return await WorkAsync(job, ct).ConfigureAwait(false);
        if (options.Scheduled && job.Jitter is { } jitter) await WaitAsync(jitter, ct).ConfigureAwait(false);
        try
        {
            // Per user and machine; what runs elsewhere is kept apart by the leases in the repositories.
            using LocalLock alone = await LocalLock.TakeAsync(context.Host, $"job-{context.Plan.Name}-{job.Name}", Text.Of(JobTexts.Purpose, job.Name), TimeSpan.Zero, ct).ConfigureAwait(false);
            return await WorkAsync(job, ct).ConfigureAwait(false);
        }
        catch (DrpException e) when (e.Code == DrpError.Locked && _steps.Count == 0)
        {
            await RecordAsync(job, RunStatus.Failed, e.Code, new() { ["error"] = e.Message }).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<JobReport> WorkAsync(JobPlan job, CancellationToken ct)
    {
        var work = new JobSteps(context, job, options);
        try
        {
            foreach (JobAction action in job.Do)
            {
                bool go = _steps.TrueForAll(s => s.Code is DrpError.None or DrpError.Incomplete);
                JobStepResult step = go ? await StepAsync(work, action, ct).ConfigureAwait(false)
                    : new JobStepResult { Action = action, Status = RunStatus.Skipped, Message = JobTexts.AfterFailure };
                _steps.Add(step);
                context.Host.Say(step.Status is RunStatus.Failed or RunStatus.Incomplete ? DrpEventLevel.Warning : DrpEventLevel.Information, Text.Of(JobTexts.Step, job.Name, JobSteps.Word(action), step.Message));
            }
        }
        catch (OperationCanceledException)
        {
            await RecordAsync(job, RunStatus.Failed, DrpError.Cancelled, Facts(work)).ConfigureAwait(false);
            throw;
        }

        DrpError code = Code();
        RunStatus status = options.DryRun ? RunStatus.Planned : code switch { DrpError.None => RunStatus.Succeeded, DrpError.Incomplete => RunStatus.Incomplete, _ => RunStatus.Failed };
        if (!options.DryRun) await RecordAsync(job, status, code, Facts(work)).ConfigureAwait(false);
        return Report(job, work, status, code, null);
    }

    private async Task<JobStepResult> StepAsync(JobSteps work, JobAction action, CancellationToken ct)
    {
        long start = context.Clock.GetTimestamp();
        JobStepResult result;
        try
        {
            result = await _phases.MeasureAsync(JobSteps.Word(action), () => work.DoAsync(action, ct)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or IOException or UnauthorizedAccessException)
        {
            result = new JobStepResult { Action = action, Status = RunStatus.Failed, Code = Failures.CodeOf(e), Message = e.Message, Hint = (e as DrpException)?.Hint };
        }

        return result with { Elapsed = context.Clock.GetElapsedTime(start) };
    }

    private bool IsDue(JobPlan job)
    {
        if (Schedules.Of(job) is not { } schedule) throw new DrpException(DrpError.PlanInvalid, Text.Of(JobTexts.NoSchedule, job.Name)) { Subject = job.Name, Hint = JobTexts.NoScheduleHint };
        DateTimeOffset now = context.Clock.GetUtcNow();
        return schedule.Between(now - s_late, now, Schedules.ZoneOf(job)).Any();
    }

    private Task WaitAsync(TimeSpan jitter, CancellationToken ct)
    {
#pragma warning disable CA5394 // When a backup begins is no secret.
        TimeSpan wait = jitter * Random.Shared.NextDouble();
#pragma warning restore CA5394
        context.Host.Say(DrpEventLevel.Verbose, Text.Of(JobTexts.Waits, Math.Round(wait.TotalSeconds)));
        return Task.Delay(wait, context.Clock, ct);
    }

    private DrpError Code() => _steps.Find(s => s.Code is not (DrpError.None or DrpError.Incomplete))?.Code ?? _steps.Find(s => s.Code != DrpError.None)?.Code ?? DrpError.None;

    private Dictionary<string, string> Facts(JobSteps work) => new(_steps.ToDictionary(s => JobSteps.Word(s.Action), s => $"{Word(s.Status)}: {s.Message}", StringComparer.Ordinal), StringComparer.Ordinal) { ["set"] = work.SetId ?? "" };

    private static string Word(RunStatus status) => status.ToString().ToLower(CultureInfo.InvariantCulture);

    private async Task RecordAsync(JobPlan job, RunStatus status, DrpError code, Dictionary<string, string> facts)
    {
        // Also when the run was cancelled.
        using var brief = new CancellationTokenSource(s_brief);
        facts["reason"] = options.Reason ?? (options.Scheduled || options.WhenDue ? "schedule" : "");
        await context.RecordAsync("job", job.Name, status, code, _phases, facts, brief.Token).ConfigureAwait(false);
    }

    private JobReport Report(JobPlan job, JobSteps work, RunStatus status, DrpError code, string? message) => new()
    {
        Plan = context.Plan.Path, Job = job.Name, Id = work.SetId, Status = status, Code = code, Started = _phases.Started, Duration = _phases.Elapsed, Steps = _steps, Message = message,
    };
}
