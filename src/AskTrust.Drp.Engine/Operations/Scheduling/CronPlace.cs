namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>What the two places of cron have in common: entries of jobs that are read, changed and written back as a whole.</summary>
internal abstract class CronPlace(ScheduleSetting setting, TimeZoneInfo machine) : ISchedulePlace
{
    private readonly CronText _text = new(setting, machine);

    /// <inheritdoc/>
    public abstract ScheduleManager Manager { get; }

    /// <inheritdoc/>
    public abstract bool IsUsable { get; }

    /// <summary>What is asked for.</summary>
    protected ScheduleSetting Setting => setting;

    /// <inheritdoc/>
    public abstract string Of(string job);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RegisteredAsync(CancellationToken ct) => (await ReadAsync(ct).ConfigureAwait(false)).Jobs;

    /// <inheritdoc/>
    public async Task<(ServiceFileState State, string? Active)> LookAsync(JobPlan job, CancellationToken ct)
    {
        if ((await ReadAsync(ct).ConfigureAwait(false)).Of(job.Name) is not { } lines) return (ServiceFileState.Missing, null);
        var (program, user) = Registered(lines[1]);
        return (lines.SequenceEqual(_text.Lines(job, program, user)) ? ServiceFileState.Current : ServiceFileState.Outdated, null);
    }

    /// <inheritdoc/>
    public async Task<PlaceChange> ApplyAsync(IReadOnlyList<JobPlan> write, IReadOnlyList<string> remove, CancellationToken ct)
    {
        CronEntries entries = await ReadAsync(ct).ConfigureAwait(false);
        string[] before = [.. entries.Lines];
        foreach (string job in remove) entries.Remove(job);
        foreach (JobPlan job in write) entries.Set(job.Name, _text.Lines(job, setting.Program, UserField));
        string[] after = [.. entries.Lines];
        IReadOnlyList<string> steps = await WriteAsync(entries, before.SequenceEqual(after), ct).ConfigureAwait(false);
        return new PlaceChange(steps, string.Join("\n", after) + "\n", Warnings(write));
    }

    /// <summary>User that the entry names; null where it names none.</summary>
    protected virtual string? UserField => null;

    /// <summary>Our entries as they stand.</summary>
    protected abstract Task<CronEntries> ReadAsync(CancellationToken ct);

    /// <summary>Writes them, when they are not the same; only says so in a dry run.</summary>
    /// <returns>The steps.</returns>
    protected abstract Task<IReadOnlyList<string>> WriteAsync(CronEntries entries, bool same, CancellationToken ct);

    /// <summary>What an entry was registered with.</summary>
    private (string Program, string? User) Registered(string entry)
    {
        string program = CronText.ProgramOf(entry) ?? setting.Program;
        return (program, UserField is null ? null : entry[..entry.IndexOf(" set -a;", StringComparison.Ordinal)].Split(' ')[^1]);
    }

    private IReadOnlyList<string> Warnings(IReadOnlyList<JobPlan> write)
    {
        JobPlan[] others = [.. write.Where(j => !Engine.Plan.Values.Schedules.ZoneOf(j).HasSameRules(machine))];
        return others.Length == 0 ? [] : [Host.Text.Of(ScheduleTexts.OtherClock, string.Join(", ", others.Select(j => $"{j.Name} ({j.TimeZone})")), machine.Id)];
    }
}
