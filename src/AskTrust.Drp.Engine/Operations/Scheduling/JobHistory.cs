using AskTrust.Drp.Engine.Plan.Values;

namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>What the evidence says of the jobs of a plan: when they ran, how that ended, and at which of their times they did not.</summary>
internal sealed class JobHistory
{
    /// <summary>How long after its time a run may begin: a scheduler under load.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_reach = TimeSpan.FromDays(31);
    private readonly OperationContext _context;
    private readonly List<EvidenceRecord> _runs;
    private readonly Dictionary<string, DateTimeOffset> _since;

    private JobHistory(OperationContext context, List<EvidenceRecord> runs, Dictionary<string, DateTimeOffset> since) => (_context, _runs, _since) = (context, runs, since);

    /// <summary>Reads the ledger.</summary>
    public static async Task<JobHistory> ReadAsync(OperationContext context, CancellationToken ct)
    {
        List<EvidenceRecord> runs = [];
        Dictionary<string, DateTimeOffset> since = new(StringComparer.Ordinal);
        foreach (EvidenceRecord record in await context.Evidence.ReadOwnAsync(ct).ConfigureAwait(false))
        {
            switch (record.Operation)
            {
                case "job":
                    runs.Add(record);
                    break;
                case "schedule-register":
                    foreach (string job in Jobs(record)) since[job] = record.Started;
                    break;
                case "schedule-unregister":
                    foreach (string job in Jobs(record)) since.Remove(job);
                    break;
            }
        }

        return new JobHistory(context, runs, since);

        static string[] Jobs(EvidenceRecord record) => record.Facts.GetValueOrDefault("jobs", "").Split(", ", StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>How a job stands.</summary>
    public ScheduleStatus Status(JobPlan job, ScheduleManager manager, string place, ServiceFileState state, string? active)
    {
        DateTimeOffset now = _context.Clock.GetUtcNow();
        CronFields schedule = Schedules.Of(job)!;
        TimeZoneInfo zone = Schedules.ZoneOf(job);
        // Refused because it was running still: no run.
        EvidenceRecord[] runs = [.. _runs.Where(r => r.Subject == job.Name && r.Code != DrpError.Locked).OrderBy(r => r.Started)];
        EvidenceRecord? last = runs.LastOrDefault();
        return new ScheduleStatus
        {
            Plan = _context.Plan.Path, Job = job.Name, Schedule = job.Schedule!, TimeZone = job.TimeZone, Manager = manager, Place = place, State = state, Active = active,
            LastRun = last?.Started, LastStatus = last?.Status, LastCode = last?.Code, LastDuration = last is null ? null : TimeSpan.FromSeconds(last.Seconds),
            NextRun = schedule.Next(now, zone), Missed = state == ServiceFileState.Missing ? [] : [.. Missed(job, schedule, zone, [.. runs.Select(r => r.Started)], now)],
        };
    }

    private IEnumerable<DateTimeOffset> Missed(JobPlan job, CronFields schedule, TimeZoneInfo zone, DateTimeOffset[] runs, DateTimeOffset now)
    {
        if (!_since.TryGetValue(job.Name, out DateTimeOffset since)) yield break;
        if (now - since > s_reach) since = now - s_reach;
        TimeSpan patience = s_grace + (job.Jitter ?? TimeSpan.Zero);
        DateTimeOffset[] times = [.. schedule.Between(since, now - patience, zone)];
        for (int i = 0; i < times.Length; i++)
        {
            // A run that came late counts for the time before it: machines that were off make up for it.
            DateTimeOffset until = i + 1 < times.Length ? times[i + 1] : DateTimeOffset.MaxValue;
            DateTimeOffset from = times[i].AddMinutes(-1);
            if (!Array.Exists(runs, r => r >= from && (r < until || r < times[i] + patience))) yield return times[i];
        }
    }
}
