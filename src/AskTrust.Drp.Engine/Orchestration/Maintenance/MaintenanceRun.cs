using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.Engine.Operations;

namespace AskTrust.Drp.Engine.Orchestration.Maintenance;

/// <summary>Maintenance mode on, off, and how it stands; one object for one of them. Each can be done again and changes nothing then.</summary>
internal sealed class MaintenanceRun(OperationContext context)
{
    private const int Sure = 5;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(100);
    private readonly List<string> _steps = [];
    private readonly List<string> _warnings = [];

    /// <summary>Shows the page.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: the plan has no section for it. <see cref="DrpError.Failed"/>: the proxy did not accept it; it goes on as before.</exception>
    public Task<MaintenanceReport> OnAsync(MaintenanceOptions options, CancellationToken ct) => RunAsync("maintenance-on", options, on: true, ct);

    /// <summary>Shows the site again.</summary>
    public Task<MaintenanceReport> OffAsync(MaintenanceOptions options, CancellationToken ct) => RunAsync("maintenance-off", options, on: false, ct);

    /// <summary>How it stands.</summary>
    public async Task<MaintenanceStatus> StatusAsync(CancellationToken ct)
    {
        MaintenancePlan plan = Plan();
        IMaintenanceDriver driver = await DriverAsync(plan, ct).ConfigureAwait(false);
        MaintenanceRecord? record = MaintenanceRecord.Read(context);
        string page = await MaintenancePage.OfAsync(context.Plan, plan, ct).ConfigureAwait(false);
        bool? written = driver.IsWritten(page), shown = await ShownAsync(plan, ct).ConfigureAwait(false);
        string? problem = record is not null && written is false ? MaintenanceTexts.OnButNotWritten
            : record is null && written is true ? MaintenanceTexts.WrittenButOff
            : shown is { } seen && seen != record is not null ? Text.Of(seen ? MaintenanceTexts.ShownButOff : MaintenanceTexts.OnButNotShown, plan.Url) : null;
        return new MaintenanceStatus { Plan = context.Plan.Path, Proxy = plan.Proxy, Place = driver.Place, On = record is not null, Since = record?.Since, Reason = record?.Reason, Shown = shown, Problem = problem };
    }

    private async Task<MaintenanceReport> RunAsync(string operation, MaintenanceOptions options, bool on, CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        MaintenancePlan plan = Plan();
        using LocalLock alone = await LocalLock.TakeAsync(context.Host, $"maintenance-{context.Plan.Name}", operation, s_patience, ct).ConfigureAwait(false);
        IMaintenanceDriver driver = await DriverAsync(plan, ct).ConfigureAwait(false);
        string page = await MaintenancePage.OfAsync(context.Plan, plan, ct).ConfigureAwait(false);
        string text = driver.Render(page);
        MaintenanceRecord? record = MaintenanceRecord.Read(context);
        bool? written = driver.IsWritten(page), shown = await ShownAsync(plan, ct).ConfigureAwait(false);
        // Where neither a file nor the site tells (Caddy without url), it is done again: a restart may have ended it.
        bool done = on ? record?.Fits(text) == true && written != false && shown != false && (written ?? shown) == true : record is null && written != true && shown != true;
        if (!done)
        {
            Func<string, bool> step = s =>
            {
                _steps.Add(s);
                return !options.DryRun;
            };
            await phases.MeasureAsync(on ? "on" : "off", () => on ? driver.OnAsync(page, step, ct) : driver.OffAsync(step, ct)).ConfigureAwait(false);
        }

        bool looked = true;
        if (!done && !options.DryRun)
        {
            if (on) MaintenanceRecord.Write(context, text, record?.Since ?? context.Clock.GetUtcNow(), options.Reason);
            else MaintenanceRecord.Remove(context);
            looked = await phases.MeasureAsync("look", () => BecomesAsync(plan, on, ct)).ConfigureAwait(false);
            if (!looked) _warnings.Add(Text.Of(on ? MaintenanceTexts.OnButNotShown : MaintenanceTexts.ShownButOff, plan.Url));
        }

        if (plan.Proxy == MaintenanceProxy.Traefik && !done) _warnings.Add(plan.PageUrl is null ? MaintenanceTexts.TraefikBare : MaintenanceTexts.TraefikUnchecked);
        RunStatus status = done ? RunStatus.Skipped : options.DryRun ? RunStatus.Planned : looked ? RunStatus.Succeeded : RunStatus.Incomplete;
        if (status is RunStatus.Succeeded or RunStatus.Incomplete)
        {
            await context.RecordAsync(operation, context.Plan.Name, status, looked ? DrpError.None : DrpError.Incomplete, phases, new(StringComparer.Ordinal)
            {
                ["proxy"] = plan.Proxy.ToString(), ["place"] = driver.Place, ["reason"] = options.Reason ?? "", ["steps"] = string.Join("; ", _steps),
            }, ct).ConfigureAwait(false);
        }

        return new MaintenanceReport { Plan = context.Plan.Path, Proxy = plan.Proxy, Place = driver.Place, Status = status, Steps = _steps, Warnings = _warnings, Text = on ? text : null };
    }

    private MaintenancePlan Plan() => context.Plan.Maintenance ?? throw new DrpException(DrpError.PlanInvalid, Text.Of(MaintenanceTexts.NoSection, context.Plan.Path)) { Hint = MaintenanceTexts.NoSectionHint, Subject = context.Plan.Path };

    private async Task<IMaintenanceDriver> DriverAsync(MaintenancePlan plan, CancellationToken ct)
    {
        if (plan.Proxy == MaintenanceProxy.Traefik) return new TraefikDriver(context.Plan.Name, plan, plan.Snippet!);
        var proxy = new ProxyCommand(context.Host, await TargetAsync(plan, ct).ConfigureAwait(false));
        return plan.Proxy == MaintenanceProxy.Nginx ? new NginxDriver(context.Plan.Name, plan, proxy) : new CaddyDriver(context.Plan.Name, plan, proxy);
    }

    private async Task<IExecutionTarget> TargetAsync(MaintenancePlan plan, CancellationToken ct)
    {
        string program = ContainerEngine.ProgramOf(context.Host.Processes);
        if (plan.Container is { } container) return new ContainerTarget(container, docker: program);
        if (plan.ComposeService is not { } service) return new LocalTarget();
        ContainerFacts one = await new ComposeServices(context.Host).OneAsync(plan.ComposeProject, service, stoppedToo: false, ct).ConfigureAwait(false);
        return new ContainerTarget(one.Name, docker: program);
    }

    /// <summary>Waits until the site shows what it should, several times in a row: while a proxy reloads, its old workers and its new ones answer side by side.</summary>
    private async Task<bool> BecomesAsync(MaintenancePlan plan, bool shown, CancellationToken ct)
    {
        if (plan.Url is null) return true;
        long start = context.Clock.GetTimestamp();
        int same = 0;
        while (true)
        {
            same = await ShownAsync(plan, ct).ConfigureAwait(false) == shown ? same + 1 : 0;
            if (same == Sure) return true;
            if (same == 0 && context.Clock.GetElapsedTime(start) > s_patience) return false;
            await Task.Delay(s_beat, context.Clock, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the site shows our page; null when nobody named an address, or it does not answer.</summary>
    private async Task<bool?> ShownAsync(MaintenancePlan plan, CancellationToken ct)
    {
        if (plan.Url is not { } url) return null;
        // A connection of its own each time: an old worker of the proxy would go on answering on one that is open. Whose certificate it is does not matter here.
#pragma warning disable CA5359, CA5400, MA0039 // Only a header is looked at; nothing is sent.
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, UseProxy = false, ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
#pragma warning restore CA5359, CA5400, MA0039
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
            return answer.Headers.TryGetValues(MaintenancePage.Header, out var names) && names.Contains(context.Plan.Name, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }
}
