using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Wal;

/// <summary>Restarts a server the way it was started: its container, its unit of systemd, or <c>pg_ctl</c>.</summary>
internal sealed class ServerRestart(IPostgreSqlServer server, HostContext host, Systemd systemd)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    /// <summary>What would restart it; null when that cannot be done from here.</summary>
    public async Task<Command?> PlanAsync(CancellationToken ct)
    {
        if (server.Container is { } container) return new Command(ContainerEngine.ProgramOf(host.Processes), "restart", "--time", "60", container.Name);
        if (await ServerFiles.DataDirectoryAsync(server, ct).ConfigureAwait(false) is not { } data) return null;
        string[] pid = File.Exists(Path.Combine(data, "postmaster.pid")) ? await File.ReadAllLinesAsync(Path.Combine(data, "postmaster.pid"), ct).ConfigureAwait(false) : [];
        if (pid.Length == 0 || !int.TryParse(pid[0], CultureInfo.InvariantCulture, out int id)) return null;
        if (systemd.Runs && UnitOf(id) is { } unit) return new Command("systemctl", "--no-ask-password", "restart", unit);
        // Where it writes its log now, it must write it then; a pipe of whoever started it cannot be had again.
        if (File.ResolveLinkTarget($"/proc/{id}/fd/2", returnFinalTarget: false)?.FullName is not { } log || !File.Exists(log)) return null;
        Command control = await ClientPrograms.CommandAsync(host.Processes, "pg_ctl", server.Major, ct, "restart", "-D", data, "-m", "fast", "-w", "-t", "60", "-l", log).ConfigureAwait(false);
        ProcessResult owner = await host.Processes.RunAsync(new Command("stat", "-c", "%U", data), ct).ConfigureAwait(false);
        string user = owner.Text.Trim();
        return control with { RunAs = Posix.IsRoot && user != "root" ? user : null, WorkingDirectory = "/" };
    }

    /// <summary>Runs it, and waits until the server answers again.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/> or <see cref="DrpError.Unreachable"/>: it did not come back.</exception>
    public async Task RunAsync(Command command, CancellationToken ct)
    {
        ProcessResult result = await host.Processes.RunAsync(command, ct).ConfigureAwait(false);
        if (!result.Ok) throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.RestartFailed, server.Description, result.Errors.Trim())) { Subject = server.Description, Hint = PhysicalTexts.RestartFailedHint };
        long start = host.Clock.GetTimestamp();
        while (true)
        {
            try
            {
                await server.QueryAsync(server.Database, "SELECT 1", ct).ConfigureAwait(false);
                return;
            }
            catch (DrpException e) when (e.Code == DrpError.Unreachable && host.Clock.GetElapsedTime(start) < s_patience)
            {
                await Task.Delay(200, ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The unit a process belongs to, by its control group.</summary>
    private static string? UnitOf(int process)
    {
        string file = $"/proc/{process}/cgroup";
        return File.Exists(file) ? File.ReadLines(file).SelectMany(l => l.Split('/')).LastOrDefault(p => p.EndsWith(".service", StringComparison.Ordinal) && !p.StartsWith("user@", StringComparison.Ordinal)) : null;
    }
}
