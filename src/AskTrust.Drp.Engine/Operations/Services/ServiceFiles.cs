using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Services;

/// <summary>
/// Puts files of ours where a service manager looks for them, tells it, and takes them away again; for a service its unit, for a schedule a unit and its
/// timer. Each step is said first, so that a dry run says the same.
/// </summary>
/// <param name="systemd">The manager; null = nobody has to be told: the files are only written.</param>
/// <param name="files">The files.</param>
/// <param name="unit">Unit that is enabled and started.</param>
/// <param name="dryRun">Only says the steps.</param>
internal sealed class ServiceFiles(Systemd? systemd, IReadOnlyList<OwnFile> files, string unit, bool dryRun)
{
    private readonly List<string> _steps = [];

    /// <summary>What was done, or would be; empty when everything is as it should be.</summary>
    public IReadOnlyList<string> Steps => _steps;

    /// <summary>Writes what is missing or outdated, enables the unit, and starts it when asked.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: a file is not ours; then nothing was changed.</exception>
    public async Task InstallAsync(bool start, CancellationToken ct)
    {
        OwnFile[] stale = [.. files.Where(f => f.Look() != ServiceFileState.Current)];
        Refuse(stale);
        foreach (OwnFile file in stale) await DoAsync(Text.Of(ServiceTexts.Write, file.Path), () => Run(file.Write)).ConfigureAwait(false);
        if (systemd is null) return;
        if (stale.Length > 0) await DoAsync("systemctl daemon-reload", () => systemd.ReloadAsync(ct)).ConfigureAwait(false);
        var (enabled, active) = await systemd.StateAsync(unit, ct).ConfigureAwait(false);
        if (enabled != "enabled") await DoAsync($"systemctl enable {unit}", () => systemd.EnableAsync(unit, ct)).ConfigureAwait(false);
        if (start && (active != "active" || stale.Length > 0)) await DoAsync($"systemctl restart {unit}", () => systemd.RestartAsync(unit, ct)).ConfigureAwait(false);
    }

    /// <summary>Stops and disables the unit, and removes the files that are there.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: a file is not ours; then nothing was changed.</exception>
    public async Task RemoveAsync(CancellationToken ct)
    {
        OwnFile[] there = [.. files.Where(f => f.Look() != ServiceFileState.Missing)];
        Refuse(there);
        if (there.Length == 0) return;
        if (systemd is not null) await DoAsync($"systemctl disable --now {unit}", () => systemd.DisableAsync(unit, ct)).ConfigureAwait(false);
        foreach (OwnFile file in there) await DoAsync(Text.Of(ServiceTexts.Remove, file.Path), () => Run(file.Remove)).ConfigureAwait(false);
        if (systemd is not null) await DoAsync("systemctl daemon-reload", () => systemd.ReloadAsync(ct)).ConfigureAwait(false);
    }

    private static void Refuse(IEnumerable<OwnFile> files)
    {
        if (files.FirstOrDefault(f => f.Look() == ServiceFileState.Foreign) is { } foreign) throw foreign.Foreign();
    }

    private static Task Run(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private async Task DoAsync(string step, Func<Task> action)
    {
        _steps.Add(step);
        if (!dryRun) await action().ConfigureAwait(false);
    }
}
