using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Services;

namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>Timers of systemd: two units for each job, enabled and started.</summary>
internal sealed class SystemdPlace(ScheduleSetting setting, Systemd systemd) : ISchedulePlace
{
    private readonly OperationContext _context = setting.Context;
    private readonly string _folder = setting.Options.Folder ?? systemd.Folder;

    /// <inheritdoc/>
    public ScheduleManager Manager => ScheduleManager.Systemd;

    /// <inheritdoc/>
    public bool IsUsable => systemd.Runs || setting.Options.Folder is not null;

    private Systemd? Told => setting.Options.Folder is null && systemd.Runs ? systemd : null;

    private string Prefix => $"drp-job-{_context.Plan.Name}-";

    /// <inheritdoc/>
    public string Of(string job) => Path.Combine(_folder, Prefix + job + ".timer");

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> RegisteredAsync(CancellationToken ct)
    {
        // The plan's name may be the beginning of another's: the mark decides.
        IReadOnlyList<string> jobs = !Directory.Exists(_folder) ? [] :
        [
            .. Directory.EnumerateFiles(_folder, Prefix + "*.timer").Select(f => Path.GetFileNameWithoutExtension(f)[Prefix.Length..])
                .Where(j => Timer(j, "").Look() is ServiceFileState.Current or ServiceFileState.Outdated).Order(StringComparer.Ordinal),
        ];
        return Task.FromResult(jobs);
    }

    /// <inheritdoc/>
    public async Task<(ServiceFileState State, string? Active)> LookAsync(JobPlan job, CancellationToken ct)
    {
        ServiceFileState[] states = [.. Files(job, Registered(job.Name)).Select(f => f.Look())];
        string? active = Told is { } told ? (await told.StateAsync(Unit(job.Name), ct).ConfigureAwait(false)).Active : null;
        return (states.Distinct().Count() == 1 ? states[0] : states.Contains(ServiceFileState.Foreign) ? ServiceFileState.Foreign : ServiceFileState.Outdated, active);
    }

    /// <inheritdoc/>
    public async Task<PlaceChange> ApplyAsync(IReadOnlyList<JobPlan> write, IReadOnlyList<string> remove, CancellationToken ct)
    {
        var gone = remove.Select(j => (Job: j, Files: new ServiceFiles(Told, [Timer(j, ""), Service(j, "")], Unit(j), setting.Options.DryRun))).ToList();
        var there = write.Select(j => (Job: j, Files: new ServiceFiles(Told, Files(j, setting), Unit(j.Name), setting.Options.DryRun))).ToList();
        // All or nothing, as far as files of others go.
        foreach (OwnFile file in write.SelectMany(j => Files(j, setting)).Concat(remove.SelectMany(j => new[] { Timer(j, ""), Service(j, "") })))
        {
            if (file.Look() == ServiceFileState.Foreign) throw file.Foreign();
        }

        foreach (var (_, files) in gone) await files.RemoveAsync(ct).ConfigureAwait(false);
        foreach (var (_, files) in there) await files.InstallAsync(start: Told is not null, ct).ConfigureAwait(false);
        string[] steps = [.. gone.SelectMany(g => g.Files.Steps), .. there.SelectMany(t => t.Files.Steps)];
        string[] warnings = Told is null && write.Count > 0 ? [Host.Text.Of(ScheduleTexts.OnlyWritten, _folder)] : [];
        return new PlaceChange(steps, string.Join('\n', write.SelectMany(j => Files(j, setting)).Select(f => $"# {f.Path}\n{f.Content}")), warnings);
    }

    private OwnFile[] Files(JobPlan job, ScheduleSetting with) => [Timer(job.Name, TimerText.Timer(_context, job)), Service(job.Name, TimerText.Service(with, job))];

    /// <summary>What a job was registered with.</summary>
    private ScheduleSetting Registered(string job) => UnitText.Read(Service(job, "").Path, "job run") is var (program, user, credentials)
        ? setting with { Program = program ?? setting.Program, Options = setting.Options with { User = user, Credentials = credentials } }
        : setting;

    private OwnFile Timer(string job, string body) => new(Of(job), Owner(job), body);

    private OwnFile Service(string job, string body) => new(Path.ChangeExtension(Of(job), ".service"), Owner(job), body);

    private string Owner(string job) => $"schedule of {_context.Plan.Path}, job {job}";

    private string Unit(string job) => Path.GetFileName(Of(job));
}
