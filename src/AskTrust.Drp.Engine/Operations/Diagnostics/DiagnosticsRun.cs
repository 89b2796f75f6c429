using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Health;
using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Operations.Diagnostics;

/// <summary>Gathers everything an operator wants to see first: all sections at once, each with a deadline of its own, so that a dead service costs its own section only.</summary>
internal sealed class DiagnosticsRun(OperationContext context, DiagnosticOptions options)
{
    /// <summary>How long a section that was cancelled may take to clean up before it is left behind.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(400);

    /// <summary>An engine needs two seconds at worst to see what containers take: it looks twice, at the beat of its own clock. Hence a little more, and still within three.</summary>
    private readonly TimeSpan _patient = options.Timeout * 1.2;

    private readonly string[] _mounts = [.. HostHealth.Mounts(context)];

    /// <summary>Gathers.</summary>
    public async Task<DiagnosticReport> RunAsync(CancellationToken ct)
    {
        if (options.Bundle is { } bundle) DiagnosticsBundle.Check(bundle);
        long start = context.Clock.GetTimestamp();
        DateTimeOffset now = context.Clock.GetUtcNow();
        DrpPlan plan = context.Plan;
        using var services = new MeantContainers(context);
        EngineLooks engine = new(context, services);
        PlaceLooks places = new(context, options, services);
        Task secrets = RememberSecretsAsync(ct);
        var machine = AskAsync(new HostDiagnostics { Section = "host" }, (b, c) => HostLooks.MachineAsync(b, context, c), ct);
        var disks = Task.WhenAll(_mounts.Select(m => AskAsync(new DiskDiagnostics { Section = $"disk {m}", Mount = m }, HostLooks.DiskAsync, ct)));
        var processes = AskAsync(new ProcessDiagnostics { Section = "processes" }, (b, c) => HostLooks.ProcessesAsync(b, context, c), ct);
        var containers = AskAsync(new ContainerDiagnostics { Section = "containers" }, places.ContainersAsync, ct);
        var load = AskAsync(new ContainerLoadDiagnostics { Section = "container load" }, engine.LoadAsync, ct, _patient);
        var disk = AskAsync(new EngineDiskDiagnostics { Section = "container disk" }, engine.DiskAsync, ct);
        var databases = Task.WhenAll(plan.Components.Values.OfType<PostgreSqlPlan>().Select(p => AskAsync(new PostgreSqlDiagnostics { Section = p.Name }, (b, c) => PostgreSqlLook.AskAsync(b, p, context, c), ct)));
        var caches = Task.WhenAll(plan.Components.Values.OfType<RedisPlan>().Select(p => AskAsync(new RedisDiagnostics { Section = p.Name }, (b, c) => RedisLook.AskAsync(b, p, context, c), ct)));
        var repositories = Task.WhenAll(context.Catalog.Repositories.Select(r => AskAsync(new RepositoryDiagnostics { Section = $"repository {r.Name}", Location = r.Location }, (b, c) => places.RepositoryAsync(b, r, c), ct)));
        bool windows = plan.Components.Values.Any(c => c is PostgreSqlPlan { PointInTime: not null });
        var recovery = Task.WhenAll(context.Catalog.Repositories.Where(_ => windows).Select(r => AskAsync(new RecoveryDiagnostics { Section = $"recovery window {r.Name}" }, (b, c) => places.RecoveryAsync(b, r, c), ct)));
        var health = AskAsync(new HealthDiagnostics { Section = "health" }, places.HealthAsync, ct);
        var evidence = AskAsync(new EvidenceDiagnostics { Section = "evidence" }, places.EvidenceAsync, ct);
        var logs = Task.WhenAll(plan.Health.Logs.Values.Select(l => AskAsync(new LogDiagnostics { Section = $"log {l.Name}" }, (b, c) => places.LogAsync(b, l, c), ct)));
        await Task.WhenAll(secrets, machine, disks, processes, containers, load, disk, databases, caches, repositories, recovery, health, evidence, logs).ConfigureAwait(false);
        ct.ThrowIfCancellationRequested();
        var report = new DiagnosticReport
        {
            Plan = plan.Path, Product = plan.Name, Tool = context.Catalog.Tool, Time = now, Elapsed = context.Clock.GetElapsedTime(start),
            Machine = await machine.ConfigureAwait(false), Disks = await disks.ConfigureAwait(false), Processes = await processes.ConfigureAwait(false), Containers = await containers.ConfigureAwait(false),
            ContainerLoad = await load.ConfigureAwait(false), EngineDisk = await disk.ConfigureAwait(false),
            PostgreSql = await databases.ConfigureAwait(false), Redis = await caches.ConfigureAwait(false), Repositories = await repositories.ConfigureAwait(false), Recovery = await recovery.ConfigureAwait(false),
            Health = await health.ConfigureAwait(false), Evidence = await evidence.ConfigureAwait(false), Logs = await logs.ConfigureAwait(false), Bundle = options.Bundle,
        };
        report = new DiagnosticsMask(context.Host.Redactor).Apply(report);
        if (options.Bundle is { } file) await DiagnosticsBundle.WriteAsync(file, report, plan, context.Host.Redactor, ct).ConfigureAwait(false);
        return report;
    }

    /// <summary>Asks for one section; what goes wrong, or takes too long, is told in it.</summary>
    private async Task<T> AskAsync<T>(T blank, Func<T, CancellationToken, Task<T>> ask, CancellationToken ct, TimeSpan? limit = null)
        where T : DiagnosticSection
    {
        long start = context.Clock.GetTimestamp();
        TimeSpan patience = limit ?? options.Timeout;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(patience);
        Task<T> asking = Task.Run(() => ask(blank, deadline.Token), CancellationToken.None);
        DiagnosticSection section;
        try
        {
            section = await asking.WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            await ((Task)asking.WaitAsync(s_grace, CancellationToken.None)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            section = blank with { Status = CheckVerdict.Failed, Message = Text.Of(HealthTexts.TimedOut, Human.Duration(patience)) };
        }
        catch (Exception e)
        {
            section = blank with { Status = CheckVerdict.Failed, Message = e.Message };
        }

        return (T)(section with { Elapsed = context.Clock.GetElapsedTime(start) });
    }

    /// <summary>Secrets of the plan that lie in variables and files are masked in every text, also those that no section needs. Others are masked once something has asked for them.</summary>
    private async Task RememberSecretsAsync(CancellationToken ct)
    {
        foreach (SecretReference reference in SecretWalk.All(context.Plan).Where(r => r.Kind is SecretKind.Environment or SecretKind.File))
        {
            try
            {
                await context.Host.Secrets.ResolveAsync(reference, ct).ConfigureAwait(false);
            }
            catch (DrpException)
            {
                // Not there for this user: then it cannot be in what we gather for a better reason than by its looks.
            }
        }
    }
}
