using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>Has the jobs of the plan called at their times, stops that again, and tells how it stands.</summary>
/// <param name="context">The plan.</param>
/// <param name="systemd">systemd of this machine.</param>
/// <param name="machine">Time zone of this machine.</param>
internal sealed class ScheduleRun(OperationContext context, Systemd systemd, TimeZoneInfo machine)
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Registers jobs; what the plan has no more goes.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: that manager is not here. <see cref="DrpError.UnsafeTarget"/>: something of somebody else is in the way.</exception>
    public async Task<ScheduleReport> RegisterAsync(ScheduleOptions options, CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        Check(options);
        JobPlan[] jobs = [.. Jobs(options.Jobs)];
        ISchedulePlace place = Place(options, ProgramOf(options));
        HashSet<string> planned = [.. context.Plan.Jobs.Values.Where(j => j.Schedule is not null).Select(j => j.Name)];
        string[] stale = [.. (await place.RegisteredAsync(ct).ConfigureAwait(false)).Where(j => !planned.Contains(j))];
        PlaceChange change = await place.ApplyAsync(jobs, stale, ct).ConfigureAwait(false);
        string[] names = [.. jobs.Select(j => j.Name)];
        List<string> warnings = [.. change.Warnings, .. Secrets(options, place.Manager)];
        if (options.User is { } user && user != Environment.UserName && user != "root") warnings.Add(Host.Text.Of(ScheduleTexts.OtherUser, user, context.Host.Temp.StateDirectory));
        await foreach (string twice in TwiceAsync(options, place, names, ct).ConfigureAwait(false)) warnings.Add(twice);
        return await ReportAsync("schedule-register", options, place, names, change, warnings, phases, ct).ConfigureAwait(false);
    }

    /// <summary>Takes jobs out; one that is not there is a success.</summary>
    public async Task<ScheduleReport> UnregisterAsync(ScheduleOptions options, CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        Check(options);
        ISchedulePlace place = Place(options, options.Program ?? "drp");
        IReadOnlyList<string> there = await place.RegisteredAsync(ct).ConfigureAwait(false);
        string[] names = [.. options.Jobs.Count == 0 ? there : there.Intersect(options.Jobs, StringComparer.Ordinal)];
        PlaceChange change = await place.ApplyAsync([], names, ct).ConfigureAwait(false);
        return await ReportAsync("schedule-unregister", options, place, names, change, change.Warnings, phases, ct).ConfigureAwait(false) with { Text = null };
    }

    /// <summary>How each job with a schedule stands, wherever it is registered; last run and missed times from the evidence.</summary>
    public async IAsyncEnumerable<ScheduleStatus> GetAsync(ScheduleOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        JobPlan[] jobs = [.. Jobs(options.Jobs)];
        ISchedulePlace[] places = options.Manager != ScheduleManager.Auto || options.Folder is not null ? [Place(options, "drp")] : [.. Places(options, "drp").Where(p => p.IsUsable)];
        JobHistory history = await JobHistory.ReadAsync(context, ct).ConfigureAwait(false);
        foreach (JobPlan job in jobs)
        {
            bool found = false;
            foreach (ISchedulePlace place in places)
            {
                var (state, active) = await place.LookAsync(job, ct).ConfigureAwait(false);
                if (state == ServiceFileState.Missing) continue;
                found = true;
                yield return history.Status(job, place.Manager, place.Of(job.Name), state, active);
            }

            if (!found) yield return history.Status(job, places.Length > 0 ? places[0].Manager : ScheduleManager.Auto, places.Length > 0 ? places[0].Of(job.Name) : "", ServiceFileState.Missing, null);
        }
    }

    private IEnumerable<JobPlan> Jobs(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            JobPlan[] all = [.. context.Plan.Jobs.Values.Where(j => j.Schedule is not null)];
            return all.Length > 0 ? all : throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(ScheduleTexts.NothingScheduled, context.Plan.Path)) { Hint = ScheduleTexts.NoScheduleHint };
        }

        return names.Distinct(StringComparer.Ordinal).Select(n => Selection.Job(context.Plan, n)!)
            .Select(j => j.Schedule is not null ? j : throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(ScheduleTexts.NoSchedule, j.Name)) { Subject = j.Name, Hint = ScheduleTexts.NoScheduleHint });
    }

    private IEnumerable<ISchedulePlace> Places(ScheduleOptions options, string program)
    {
        var setting = new ScheduleSetting(context, options, program, systemd.EnvironmentFile(context.Plan.Name));
        yield return new SystemdPlace(setting, systemd);
        yield return new TaskPlace(setting);
        yield return new CrontabPlace(setting, machine, new Crontab(context.Host.Processes, options.User));
        yield return new CronFolderPlace(setting, machine);
    }

    private ISchedulePlace Place(ScheduleOptions options, string program)
    {
        ISchedulePlace[] all = [.. Places(options, program)];
        if (options.Manager == ScheduleManager.Auto)
        {
            // A folder alone means systemd, as with services.
            return all.FirstOrDefault(p => p.IsUsable) ?? throw new DrpException(DrpError.Unreachable, ScheduleTexts.NoManager) { Hint = ScheduleTexts.NoManagerHint };
        }

        ISchedulePlace place = all.First(p => p.Manager == options.Manager);
        return place.IsUsable ? place : throw new DrpException(DrpError.Unreachable, Host.Text.Of(ScheduleTexts.ManagerNotHere, Word(options.Manager))) { Subject = Word(options.Manager), Hint = ScheduleTexts.NoManagerHint };
    }

    private static string Word(ScheduleManager manager) => manager switch
    {
        ScheduleManager.Systemd => "systemd",
        ScheduleManager.Crontab => "crontab",
        ScheduleManager.CronFolder => "cron.d",
        _ => "schtasks",
    };

    private static void Check(ScheduleOptions options)
    {
        // Each becomes part of a line: none may hold another.
        if (options.Credentials.SelectMany(c => new[] { c.Key, c.Value }).Append(options.User ?? "-").FirstOrDefault(w => w.Length == 0 || w.Any(char.IsControl)) is { } wrong)
            throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(ScheduleTexts.NotAWord, wrong.ReplaceLineEndings("\\n")));
        if (options.User is { } user && (user.Any(char.IsWhiteSpace) || user[0] == '-')) throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(ScheduleTexts.NotAWord, user));
        if (options.Credentials.Count > 0 && options.Manager is ScheduleManager.Crontab or ScheduleManager.CronFolder or ScheduleManager.Windows) throw new DrpException(DrpError.PlanInvalid, ScheduleTexts.OnlySystemd);
    }

    private string ProgramOf(ScheduleOptions options)
    {
        string program = options.Program is { } given ? Path.GetFullPath(given)
            : context.Host.Processes.Find("drp") ?? throw new DrpException(DrpError.Unreachable, ScheduleTexts.NoProgram) { Hint = ScheduleTexts.NoProgramHint, Subject = "drp" };
        return File.Exists(program) ? program : throw new DrpException(DrpError.Unreachable, Host.Text.Of(ScheduleTexts.ProgramMissing, program)) { Hint = ScheduleTexts.NoProgramHint, Subject = program };
    }

    /// <summary>Secrets of the environment that nobody would give to the runs.</summary>
    private IEnumerable<string> Secrets(ScheduleOptions options, ScheduleManager manager)
    {
        if (manager == ScheduleManager.Windows) yield break;
        string environment = systemd.EnvironmentFile(context.Plan.Name);
        string[] told = File.Exists(environment) ? File.ReadAllLines(environment) : [];
        string[] missing = [.. PlanSecrets.Of(context.Plan).Where(s => s.Kind == SecretKind.Environment).Select(s => s.Target).Where(v => !options.Credentials.ContainsKey(v) && !told.Any(l => l.TrimStart().StartsWith(v + "=", StringComparison.Ordinal)))];
        if (missing.Length > 0) yield return Host.Text.Of(ScheduleTexts.SecretsMissing, string.Join(", ", missing), environment);
        if (told.Length > 0 && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(environment) & Others) != UnixFileMode.None) yield return Host.Text.Of(HostTexts.SecretFileOpen, environment);
    }

    /// <summary>Jobs that another manager calls, too: they would run twice.</summary>
    private async IAsyncEnumerable<string> TwiceAsync(ScheduleOptions options, ISchedulePlace place, string[] names, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (ISchedulePlace other in Places(options with { Folder = null }, "drp").Where(p => p.IsUsable && p.Manager != place.Manager))
        {
            string[] both = [.. (await other.RegisteredAsync(ct).ConfigureAwait(false)).Intersect(names, StringComparer.Ordinal)];
            if (both.Length > 0) yield return Host.Text.Of(ScheduleTexts.Twice, string.Join(", ", both), other.Of(both[0]));
        }
    }

    private async Task<ScheduleReport> ReportAsync(string operation, ScheduleOptions options, ISchedulePlace place, IReadOnlyList<string> jobs, PlaceChange change, IReadOnlyList<string> warnings, PhaseClock phases, CancellationToken ct)
    {
        RunStatus status = change.Steps.Count == 0 ? RunStatus.Skipped : options.DryRun ? RunStatus.Planned : RunStatus.Succeeded;
        if (status == RunStatus.Succeeded)
        {
            await context.RecordAsync(operation, string.Join(", ", jobs), status, DrpError.None, phases, new(StringComparer.Ordinal)
            {
                ["manager"] = Word(place.Manager), ["jobs"] = string.Join(", ", jobs), ["steps"] = string.Join("; ", change.Steps),
            }, ct).ConfigureAwait(false);
        }

        return new ScheduleReport { Plan = context.Plan.Path, Manager = place.Manager, Jobs = jobs, Status = status, Steps = change.Steps, Warnings = warnings, Text = change.Text };
    }
}
