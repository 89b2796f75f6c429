using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>Tasks of Windows: a file of XML for each job, given to <c>schtasks</c>.</summary>
internal sealed class TaskPlace(ScheduleSetting setting) : ISchedulePlace
{
    private readonly OperationContext _context = setting.Context;
    private readonly string _folder = setting.Options.Folder ?? Path.Combine(setting.Context.Host.Temp.StateDirectory, "tasks");

    /// <inheritdoc/>
    public ScheduleManager Manager => ScheduleManager.Windows;

    /// <inheritdoc/>
    public bool IsUsable => OperatingSystem.IsWindows() || setting.Options.Folder is not null;

    private bool Tells => OperatingSystem.IsWindows() && setting.Options.Folder is null;

    private string Prefix => $"drp-job-{_context.Plan.Name}-";

    /// <inheritdoc/>
    public string Of(string job) => Path.Combine(_folder, Prefix + job + ".xml");

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> RegisteredAsync(CancellationToken ct)
    {
        IReadOnlyList<string> jobs = !Directory.Exists(_folder) ? [] :
        [
            .. Directory.EnumerateFiles(_folder, Prefix + "*.xml").Select(f => Path.GetFileNameWithoutExtension(f)[Prefix.Length..])
                .Where(j => File(j, "").Look() is ServiceFileState.Current or ServiceFileState.Outdated).Order(StringComparer.Ordinal),
        ];
        return Task.FromResult(jobs);
    }

    /// <inheritdoc/>
    public Task<(ServiceFileState State, string? Active)> LookAsync(JobPlan job, CancellationToken ct)
    {
        string program = System.IO.File.Exists(Of(job.Name)) && TaskText.ProgramOf(System.IO.File.ReadAllText(Of(job.Name))) is { } told ? told : setting.Program;
        return Task.FromResult<(ServiceFileState, string?)>((File(job.Name, TaskText.Xml(_context, job, program)).Look(), null));
    }

    /// <inheritdoc/>
    public async Task<PlaceChange> ApplyAsync(IReadOnlyList<JobPlan> write, IReadOnlyList<string> remove, CancellationToken ct)
    {
        List<string> steps = [];
        OwnFile[] files = [.. write.Select(j => File(j.Name, TaskText.Xml(_context, j, setting.Program)))];
        OwnFile[] gone = [.. remove.Select(j => File(j, ""))];
        if (files.Concat(gone).FirstOrDefault(f => f.Look() == ServiceFileState.Foreign) is { } foreign) throw foreign.Foreign();
        foreach (OwnFile file in gone.Where(f => f.Look() != ServiceFileState.Missing))
        {
            await DoAsync(steps, Host.Text.Of(ScheduleTexts.TakeOut, file.Path), file.Remove, ["/Delete", "/F", "/TN", Name(file)], ct).ConfigureAwait(false);
        }

        foreach (OwnFile file in files.Where(f => f.Look() != ServiceFileState.Current))
        {
            await DoAsync(steps, Host.Text.Of(ScheduleTexts.PutInto, file.Path), file.Write, ["/Create", "/F", "/TN", Name(file), "/XML", file.Path], ct).ConfigureAwait(false);
        }

        string[] warnings =
        [
            .. Tells || write.Count == 0 ? [] : new[] { Host.Text.Of(ScheduleTexts.OnlyWritten, _folder) },
            .. write.Where(j => j.TimeZone != "UTC").Select(j => Host.Text.Of(ScheduleTexts.TaskClock, j.Name, j.TimeZone)),
        ];
        return new PlaceChange(steps, string.Join('\n', files.Select(f => f.Content)), warnings);
    }

    private async Task DoAsync(List<string> steps, string step, Action change, string[] tell, CancellationToken ct)
    {
        steps.Add(step);
        if (Tells) steps.Add("schtasks " + string.Join(' ', tell));
        if (setting.Options.DryRun) return;
        change();
        if (!Tells) return;
        ProcessResult result = await _context.Host.Processes.RunAsync(new Command("schtasks", tell), ct).ConfigureAwait(false);
        if (!result.Ok) throw new DrpException(DrpError.Failed, Host.Text.Of(ScheduleTexts.TaskFailed, tell[3], result.Errors.Trim())) { Subject = tell[3] };
    }

    private static string Name(OwnFile file) => "\\AskTrust.Drp\\" + Path.GetFileNameWithoutExtension(file.Path);

    private OwnFile File(string job, string body) => new(Of(job), $"schedule of {_context.Plan.Path}, job {job}", body) { Comment = ("<!-- ", " -->") };
}
