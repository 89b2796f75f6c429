using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations.Services;

/// <summary>Registers the service that runs a receiver, takes it away, and tells how it stands.</summary>
internal sealed class ServiceRun(OperationContext context, Systemd systemd)
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Registers it.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: systemd does not run here and no folder was named, or there is no <c>drp</c>.</exception>
    public async Task<ServiceReport> RegisterAsync(ServiceOptions options, CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        var (component, service) = Of(options.Component);
        Systemd? manager = ManagerOf(options);
        string program = options.Manager == ServiceManager.Compose ? "drp" : ProgramOf(options);
        OwnFile file = service.File(options, program);
        var files = new ServiceFiles(manager, [file], service.Name + ".service", options.DryRun);
        await files.InstallAsync(options.Start, ct).ConfigureAwait(false);
        List<string> warnings = [.. Warnings(options, service, manager, file)];
        if (options.User is { } user && await UserAccess.RefusedAsync(context.Host, user, [context.Plan.Path, .. service.Files()], service.Folders(), ct).ConfigureAwait(false) is { Count: > 0 } refused)
            warnings.Add(Text.Of(ServiceTexts.UserMayNot, user, string.Join(", ", refused)));
        return await ReportAsync("service-register", options, component, service, file, files, warnings, phases, ct).ConfigureAwait(false);
    }

    /// <summary>Takes it away; a service that is not there is a success.</summary>
    public async Task<ServiceReport> UnregisterAsync(ServiceOptions options, CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        var (component, service) = Of(options.Component);
        Systemd? manager = options is { Manager: ServiceManager.Systemd, Folder: null } && systemd.Runs ? systemd : null;
        OwnFile file = service.File(options, "drp");
        var files = new ServiceFiles(manager, [file], service.Name + ".service", options.DryRun);
        await files.RemoveAsync(ct).ConfigureAwait(false);
        string[] warnings = options.Manager == ServiceManager.Compose && files.Steps.Count > 0 ? [Text.Of(ServiceTexts.ComposeStop, service.Name)] : [];
        return await ReportAsync("service-unregister", options, component, service, file, files, warnings, phases, ct).ConfigureAwait(false) with { Text = null };
    }

    /// <summary>How the services of a component stand, or of all: that of systemd always, that of Compose where it was written.</summary>
    public async IAsyncEnumerable<ServiceStatus> GetAsync(string? name, string? folder, [EnumeratorCancellation] CancellationToken ct)
    {
        if (name is not null) WalComponent.Find(context, name);
        foreach (PostgreSqlPlan plan in WalComponent.All(context.Plan).Where(c => name is null || c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            var (component, service) = Of(plan.Name);
            foreach (ServiceManager manager in Enum.GetValues<ServiceManager>())
            {
                var options = new ServiceOptions { Manager = manager, Folder = folder };
                OwnFile file = service.File(options, "drp");
                if (manager == ServiceManager.Systemd && WalService.OptionsOf(file.Path, options) is { Program: { } program } registered) file = service.File(registered, program);
                ServiceFileState state = file.Look();
                if (manager == ServiceManager.Compose && state == ServiceFileState.Missing) continue;
                (string Enabled, string Active)? said = manager == ServiceManager.Systemd && folder is null && systemd.Runs ? await systemd.StateAsync(service.Name + ".service", ct).ConfigureAwait(false) : null;
                yield return new ServiceStatus
                {
                    Plan = context.Plan.Path, Component = component.Name, Name = service.Name, Manager = manager, File = file.Path, State = state, Enabled = said?.Enabled, Active = said?.Active,
                };
            }
        }
    }

    private (WalComponent Component, WalService Service) Of(string? name)
    {
        WalComponent component = WalComponent.Find(context, name);
        return (component, new WalService(context, component, systemd));
    }

    private Systemd? ManagerOf(ServiceOptions options)
    {
        if (options.Manager == ServiceManager.Compose)
        {
            if (options.Start || options.User is not null || options.Credentials.Count > 0) throw new DrpException(DrpError.PlanInvalid, ServiceTexts.ComposeOptions) { Hint = ServiceTexts.ComposeOptionsHint };
            return null;
        }

        // Each becomes a line of the unit: none may hold another.
        if (options.Credentials.SelectMany(c => new[] { c.Key, c.Value }).Append(options.User ?? "-").FirstOrDefault(w => w.Length == 0 || w.Any(char.IsControl)) is { } wrong)
            throw new DrpException(DrpError.PlanInvalid, Text.Of(ServiceTexts.NotAWord, wrong.ReplaceLineEndings("\\n")));
        if (options.Folder is null && systemd.Runs) return systemd;
        if (options.Folder is null) throw new DrpException(DrpError.Unreachable, ServiceTexts.NoSystemd) { Hint = Text.Of(ServiceTexts.NoSystemdHint, systemd.Folder), Subject = "systemd" };
        if (options.Start) throw new DrpException(DrpError.PlanInvalid, ServiceTexts.StartElsewhere) { Hint = ServiceTexts.StartElsewhereHint };
        return null;
    }

    private string ProgramOf(ServiceOptions options)
    {
        string program = options.Program is { } given ? Path.GetFullPath(given) : context.Host.Processes.Find("drp") ?? throw new DrpException(DrpError.Unreachable, ServiceTexts.NoProgram) { Hint = ServiceTexts.NoProgramHint, Subject = "drp" };
        return File.Exists(program) ? program : throw new DrpException(DrpError.Unreachable, Text.Of(ServiceTexts.ProgramMissing, program)) { Hint = ServiceTexts.NoProgramHint, Subject = program };
    }

    private static IEnumerable<string> Warnings(ServiceOptions options, WalService service, Systemd? manager, OwnFile file)
    {
        if (options.Manager == ServiceManager.Compose) yield return Text.Of(ServiceTexts.ComposeStart, file.Path);
        else if (manager is null) yield return Text.Of(ServiceTexts.OnlyWritten, file.Path);
        if (options.Manager == ServiceManager.Compose) yield break;
        string environment = Path.GetFullPath(service.EnvironmentFile);
        string[] told = File.Exists(environment) ? File.ReadAllLines(environment) : [];
        string[] missing = [.. service.Variables.Where(v => !options.Credentials.ContainsKey(v) && !told.Any(l => l.TrimStart().StartsWith(v + "=", StringComparison.Ordinal)))];
        if (missing.Length > 0) yield return Text.Of(ServiceTexts.SecretsMissing, string.Join(", ", missing), environment);
        if (told.Length > 0 && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(environment) & Others) != UnixFileMode.None) yield return Text.Of(HostTexts.SecretFileOpen, environment);
    }

    private async Task<ServiceReport> ReportAsync(string operation, ServiceOptions options, WalComponent component, WalService service, OwnFile file, ServiceFiles files, IReadOnlyList<string> warnings, PhaseClock phases, CancellationToken ct)
    {
        RunStatus status = files.Steps.Count == 0 ? RunStatus.Skipped : options.DryRun ? RunStatus.Planned : RunStatus.Succeeded;
        if (status == RunStatus.Succeeded)
        {
            await context.RecordAsync(operation, component.Name, status, DrpError.None, phases, new(StringComparer.Ordinal)
            {
                ["service"] = service.Name, ["file"] = file.Path, ["steps"] = string.Join("; ", files.Steps),
            }, ct).ConfigureAwait(false);
        }

        return new ServiceReport
        {
            Plan = context.Plan.Path, Component = component.Name, Name = service.Name, Manager = options.Manager, File = file.Path, Status = status, Steps = files.Steps, Warnings = warnings, Text = file.Content,
        };
    }
}
