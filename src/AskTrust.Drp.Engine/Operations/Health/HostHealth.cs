using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>Looks at this machine: processor, memory, and the disks that the plan needs.</summary>
internal static class HostHealth
{
    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(300);

    /// <summary>Processor and memory.</summary>
    public static async Task<IReadOnlyList<HealthCheck>> LoadAsync(OperationContext context, HealthJudge judge, CancellationToken ct)
    {
        if (!HostLoad.IsKnown) return [judge.Skipped("load", HealthKind.Host, HealthTexts.LoadUnknown)];
        HealthLimits limits = context.Plan.Health.Limits;
        return
        [
            judge.AtMost("cpu", HealthKind.Host, await HostLoad.CpuAsync(s_watch, context.Clock, ct).ConfigureAwait(false), limits.Cpu, HealthJudge.Percent, HealthTexts.CpuAdvice),
            judge.AtMost("memory", HealthKind.Host, HostLoad.Memory().UsedPercent, limits.Memory, HealthJudge.Percent, HealthTexts.MemoryAdvice),
        ];
    }

    /// <summary>Where the file systems are mounted on which the plan, our state, temporary files and saved folders lie; repositories are looked at by themselves.</summary>
    public static IReadOnlyList<string> Mounts(OperationContext context)
    {
        IEnumerable<string> paths = ["/", context.Plan.Folder, context.Host.Temp.StateDirectory, .. context.Plan.Components.Values.OfType<FilesPlan>().SelectMany(f => f.Paths)];
        return [.. paths.Select(DiskUse.MountOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>One disk: space and inodes.</summary>
    public static async Task<IReadOnlyList<HealthCheck>> DiskAsync(string mount, OperationContext context, HealthJudge judge, CancellationToken ct)
    {
        HealthLimits limits = context.Plan.Health.Limits;
        // A dead network file system hangs the thread, not us.
        DiskUse use = await Task.Run(() => DiskUse.Of(mount), ct).WaitAsync(ct).ConfigureAwait(false);
        HealthCheck space = judge.AtMost($"disk {mount}", HealthKind.Host, use.UsedPercent, limits.Disk, HealthJudge.Percent, Text.Of(HealthTexts.DiskAdvice, Human.Size(use.Free)));
        return use.InodesPercent is { } inodes ? [space, judge.AtMost($"inodes {mount}", HealthKind.Host, inodes, limits.Inodes, HealthJudge.Percent, HealthTexts.InodesAdvice)] : [space];
    }
}
