using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>A file of ours in <c>/etc/cron.d</c>; cron reads it by itself.</summary>
internal sealed class CronFolderPlace(ScheduleSetting setting, TimeZoneInfo machine) : CronPlace(setting, machine)
{
    private const string Default = "/etc/cron.d";

    /// <inheritdoc/>
    public override ScheduleManager Manager => ScheduleManager.CronFolder;

    /// <inheritdoc/>
    public override bool IsUsable => Setting.Options.Folder is not null || (Posix.IsRoot && Directory.Exists(Default));

    /// <inheritdoc/>
    protected override string? UserField => Setting.Options.User ?? "root";

    // Names with a dot are passed over by Debian's cron; those of plans have none.
    private string Path_ => Path.Combine(Setting.Options.Folder ?? Default, "drp-" + Setting.Context.Plan.Name);

    /// <inheritdoc/>
    public override string Of(string job) => Path_;

    /// <inheritdoc/>
    protected override Task<CronEntries> ReadAsync(CancellationToken ct)
    {
        OwnFile file = File([]);
        if (file.Look() is ServiceFileState.Missing or ServiceFileState.Foreign) return Task.FromResult(new CronEntries());
        // What else stands in a file of ours is not kept; it shows as outdated.
        return Task.FromResult(CronEntries.Read(System.IO.File.ReadAllText(Path_).TrimEnd('\n').Split('\n')[1..], out _));
    }

    /// <inheritdoc/>
    protected override Task<IReadOnlyList<string>> WriteAsync(CronEntries entries, bool same, CancellationToken ct)
    {
        OwnFile file = File(entries.Lines);
        ServiceFileState state = file.Look();
        if (state == ServiceFileState.Foreign) throw file.Foreign();
        if (entries.Jobs.Count == 0 ? state == ServiceFileState.Missing : state == ServiceFileState.Current) return Task.FromResult<IReadOnlyList<string>>([]);
        if (!Setting.Options.DryRun)
        {
            if (entries.Jobs.Count == 0) file.Remove();
            else file.Write();
        }

        return Task.FromResult<IReadOnlyList<string>>([Host.Text.Of(entries.Jobs.Count == 0 ? ScheduleTexts.TakeOut : ScheduleTexts.PutInto, Path_)]);
    }

    private OwnFile File(IEnumerable<string> lines) => new(Path_, $"schedules of {Setting.Context.Plan.Path}", string.Concat(lines.Select(l => l + "\n")));
}
