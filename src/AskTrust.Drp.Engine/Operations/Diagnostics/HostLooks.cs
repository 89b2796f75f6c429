using System.Net.NetworkInformation;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Diagnostics;

/// <summary>Looks at this machine.</summary>
internal static class HostLooks
{
    private const int MostProcesses = 10;
    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(500);

    /// <summary>The machine itself.</summary>
    public static async Task<HostDiagnostics> MachineAsync(HostDiagnostics blank, OperationContext context, CancellationToken ct)
    {
        HostFacts facts = await HostFacts.CollectAsync(context.Host.Processes, ct).ConfigureAwait(false);
        MemoryUse? memory = HostLoad.IsKnown ? HostLoad.Memory() : null;
        return blank with
        {
            Name = facts.Name, OperatingSystem = facts.OperatingSystem, Docker = facts.Docker, Cores = Environment.ProcessorCount, Uptime = TimeSpan.FromMilliseconds(Environment.TickCount64),
            Load = HostLoad.IsKnown ? HostLoad.Averages() : [], MemoryTotal = memory?.Total, MemoryAvailable = memory?.Available, SwapTotal = memory?.SwapTotal, SwapUsed = memory?.SwapTotal - memory?.SwapFree,
            Listening =
            [
                .. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().OrderBy(l => l.Port).Select(l => l.ToString()).Distinct(StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>A disk.</summary>
    public static async Task<DiskDiagnostics> DiskAsync(DiskDiagnostics blank, CancellationToken ct)
    {
        DiskUse use = await Task.Run(() => DiskUse.Of(blank.Mount), ct).WaitAsync(ct).ConfigureAwait(false);
        return blank with { Size = use.Size, Free = use.Free, UsedPercent = Math.Round(use.UsedPercent, 1), InodesPercent = use.InodesPercent is { } inodes ? Math.Round(inodes, 1) : null };
    }

    /// <summary>What is busy.</summary>
    public static async Task<ProcessDiagnostics> ProcessesAsync(ProcessDiagnostics blank, OperationContext context, CancellationToken ct) =>
        blank with { Busiest = await BusyProcesses.FindAsync(MostProcesses, s_watch, context.Clock, ct).ConfigureAwait(false) };
}
