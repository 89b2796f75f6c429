using System.Globalization;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Diagnostics for people: what is not well first, then a line or a few for each section; the rest is in <c>--json</c>.</summary>
internal static class ShowDiagnostics
{
    private const int Most = 5;

    /// <summary>The whole screen.</summary>
    public static void All(TextWriter writer, Paint paint, DiagnosticReport report)
    {
        writer.WriteLine($"{paint.Bold(V(report.Product))}  {Format.Moment(report.Time)}  {Format.Duration(report.Elapsed)}");
        Machine(writer, paint, report);
        foreach (var section in report.Sections().Where(s => s.Status == CheckVerdict.Failed)) writer.WriteLine($"{paint.Bad(V(section.Section))}  {V(section.Message)}");
        foreach (var look in report.Containers.Containers) Container(writer, paint, look, report.ContainerLoad.Containers.FirstOrDefault(l => l.Name == look.Name));
        if (report.EngineDisk.Kinds.Count > 0)
            writer.WriteLine("  " + string.Join("  ", report.EngineDisk.Kinds.Where(k => k.Count > 0).Select(k => $"{V(k.Kind)} {k.Count}: {Bytes(k.Size)}{(k.Reclaimable > 0 ? $" ({Text.Of(CliTexts.UnusedLook, Bytes(k.Reclaimable))})" : "")}")));
        foreach (var server in report.PostgreSql.Where(Answered)) Server(writer, paint, server);
        foreach (var redis in report.Redis.Where(Answered))
            writer.WriteLine($"{paint.Bold(V(redis.Section))}  Redis {V(redis.Version)} {V(redis.Role)}  {Text.Of(CliTexts.RedisLine, redis.Clients, Format.Number(redis.Keys), Format.Bytes(redis.Memory), V(redis.Persistence))}");
        foreach (var r in report.Repositories.Where(Answered))
        {
            string newest = r.Newest is null ? CliTexts.NoSet : $"{V(r.Newest)}  {Format.Bytes(r.NewestSize ?? 0)}";
            writer.WriteLine($"{paint.Bold(V(r.Section))}  {Text.Of(CliTexts.RepositoryLook, r.Sets, newest, r.Proven is { } at ? Format.Moment(at) : "–", r.Free is { } free ? Format.Bytes(free) : "–")}");
        }

        foreach (var window in report.Recovery.SelectMany(r => r.Windows))
            writer.WriteLine($"{paint.Bold(V($"{window.Component} {window.Repository}"))}  {Text.Of(CliTexts.WindowLook, Moment(window.Earliest), Moment(window.Latest), window.Gaps.Count)}");
        foreach (var log in report.Logs.Where(l => Answered(l) && l.Errors > 0))
        {
            writer.WriteLine($"{paint.Warn(V(log.Section))}  {Text.Of(CliTexts.LogLook, log.Errors, Moment(log.Since))}");
            foreach (string line in log.Lines) writer.WriteLine("    " + Cut(line));
        }

        foreach (var record in report.Evidence.Records.Take(Most))
            writer.WriteLine(paint.Dim($"{Format.Moment(record.Started)}  {V(record.Operation)} {V(record.Subject)}  {Show.Word(record.Status)}"));
        Health(writer, paint, report.Health);
        if (report.Bundle is { } file) writer.WriteLine(Text.Of(CliTexts.BundleWritten, V(file)));
    }

    private static void Machine(TextWriter writer, Paint paint, DiagnosticReport report)
    {
        var m = report.Machine;
        if (Answered(m))
        {
            string memory = m is { MemoryTotal: { } total, MemoryAvailable: { } available } ? Text.Of(CliTexts.MemoryLook, Format.Bytes(available), Format.Bytes(total)) : "";
            writer.WriteLine($"{paint.Bold(V(m.Name))}  {V(m.OperatingSystem)}  {Text.Of(CliTexts.LoadLook, m.Cores, string.Join(" ", m.Load.Select(l => l.ToString("0.00", CultureInfo.InvariantCulture))))}  {memory}  Docker {V(m.Docker ?? "–")}");
        }

        foreach (var d in report.Disks.Where(Answered)) writer.WriteLine($"  {V(d.Mount)}  {Text.Of(CliTexts.DiskLook, Format.Percent(d.UsedPercent / 100), Format.Bytes(d.Free))}");
        if (report.Processes.Busiest.Count > 0)
            writer.WriteLine("  " + string.Join("  ", report.Processes.Busiest.Take(Most).Select(p => $"{V(p.Name)} {p.CpuPercent.ToString("0", CultureInfo.InvariantCulture)} % {Format.Bytes(p.Memory)}")));
    }

    private static void Container(TextWriter writer, Paint paint, ContainerLook look, ContainerLoad? load)
    {
        bool well = look is { State: ContainerState.Running, Health: ContainerHealth.None or ContainerHealth.Healthy };
        string state = look.Health == ContainerHealth.None ? look.State.ToString() : look.Health.ToString();
        string restarts = look.Restarts > 0 ? "  " + Text.Of(CliTexts.RestartsLook, look.Restarts) : "";
        string takes = load is null ? "" : $"  {load.CpuPercent?.ToString("0", CultureInfo.InvariantCulture) ?? "–"} % {Bytes(load.Memory)}";
        string line = $"{V(look.Name)}  {state.ToLowerInvariant()}{(look.ExitCode == 0 ? "" : $" ({look.ExitCode})")}{restarts}{takes}  {V(look.Image)}";
        writer.WriteLine(well ? line : paint.Bad(line));
        if (!well) foreach (string last in look.LastLines) writer.WriteLine("    " + Cut(last));
    }

    private static void Server(TextWriter writer, Paint paint, PostgreSqlDiagnostics s)
    {
        string sizes = string.Join(", ", s.Databases.Take(3).Select(d => $"{V(d.Name)} {(d.Size is { } size ? Format.Bytes(size) : "–")}"));
        writer.WriteLine($"{paint.Bold(V(s.Section))}  PostgreSQL {V(s.Version)}{(s.Standby ? " standby" : "")}  {Text.Of(CliTexts.ServerLook, s.Connections, s.MaxConnections, sizes, Moment(s.Started))}");
        if (s.InvalidIndexes > 0) writer.WriteLine("  " + paint.Bad(Text.Of(CliTexts.InvalidIndexes, s.InvalidIndexes)));
        foreach (var r in s.Replication) writer.WriteLine($"  → {V(r.Name)} {V(r.State)} {V(r.Sync)} {(r.Lag is { } lag ? Format.Bytes(lag) : "–")}");
        foreach (var q in s.Blocked.Take(Most)) writer.WriteLine("  " + paint.Bad($"{q.Pid} ← {string.Join(", ", q.BlockedBy)}  {Seconds(q)}  {Cut(q.Query)}"));
        foreach (var q in s.Activity.Take(Most)) writer.WriteLine($"  {q.Pid} {V(q.State)} {Seconds(q)}  {Cut(q.Query)}");
        foreach (var t in s.Tables.Where(t => t.Dead > 10_000 && t.Dead > t.Live / 5)) writer.WriteLine("  " + paint.Warn(Text.Of(CliTexts.DeadRows, V(t.Name), Format.Number(t.Dead), Format.Number(t.Live))));
    }

    private static void Health(TextWriter writer, Paint paint, HealthDiagnostics health)
    {
        foreach (var check in health.Checks.Where(c => c.Status is CheckVerdict.Failed or CheckVerdict.Warning).OrderByDescending(c => c.Status == CheckVerdict.Failed))
            writer.WriteLine($"{paint.Verdict(check.Status, Show.Word(check.Status))}  {V(check.Name)}: {Cut(check.Message)}");
        writer.WriteLine(Text.Of(CliTexts.HealthSummary, health.Checks.Count, health.Checks.Count(c => c.Status == CheckVerdict.Ok), health.Checks.Count(c => c.Status == CheckVerdict.Warning), health.Checks.Count(c => c.Status == CheckVerdict.Failed)));
    }

    private static bool Answered(DiagnosticSection section) => section.Status != CheckVerdict.Failed;

    private static string Seconds(RunningQuery query) => query.Seconds is { } s ? Format.Duration(TimeSpan.FromSeconds(s)) : "–";

    private static string Moment(DateTimeOffset? time) => time is { } at ? Format.Moment(at) : "–";

    private static string Bytes(long? size) => size is { } bytes ? Format.Bytes(bytes) : "–";

    /// <summary>One line of a terminal.</summary>
    private static string Cut(string? text) => V(text) is { Length: > 120 } line ? line[..119] + "…" : V(text);

    private static string V(string? text) => Redact.Passwords(DrpOutput.Visible(text));
}
