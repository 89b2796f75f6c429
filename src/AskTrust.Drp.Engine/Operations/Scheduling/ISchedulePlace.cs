namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>Where the schedules of a plan stand: timers of systemd, a crontab, a folder. Each knows its own things from those of others.</summary>
internal interface ISchedulePlace
{
    /// <summary>Who calls the jobs there.</summary>
    ScheduleManager Manager { get; }

    /// <summary>True when it can be used on this machine; a folder that was named always can.</summary>
    bool IsUsable { get; }

    /// <summary>File or crontab in which a job stands.</summary>
    string Of(string job);

    /// <summary>Names of the jobs of this plan that stand there, also of those the plan has no more.</summary>
    Task<IReadOnlyList<string>> RegisteredAsync(CancellationToken ct);

    /// <summary>How a job stands.</summary>
    Task<(ServiceFileState State, string? Active)> LookAsync(JobPlan job, CancellationToken ct);

    /// <summary>Writes jobs and removes others; what is as it should be is left alone.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: something of somebody else is in the way; then nothing was changed.</exception>
    Task<PlaceChange> ApplyAsync(IReadOnlyList<JobPlan> write, IReadOnlyList<string> remove, CancellationToken ct);
}

/// <summary>What was done at a place, or would be.</summary>
/// <param name="Steps">Each step; none when all was as it should be.</param>
/// <param name="Text">What stands there for the jobs written.</param>
/// <param name="Warnings">What the operator should look at.</param>
internal sealed record PlaceChange(IReadOnlyList<string> Steps, string Text, IReadOnlyList<string> Warnings);

/// <summary>What an entry of a scheduler is made from.</summary>
/// <param name="Context">The plan.</param>
/// <param name="Options">What is asked for.</param>
/// <param name="Program">Path of <c>drp</c>.</param>
/// <param name="EnvironmentFile">File in which the runs expect secrets of the environment.</param>
internal sealed record ScheduleSetting(OperationContext Context, ScheduleOptions Options, string Program, string EnvironmentFile);
