using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>What is looked at to tell whether all is well.</content>
internal static partial class PlanKeys
{
    private static readonly IntegerType s_percent = new(1, 100);

    private static SectionType<HealthPlan> Health => s_health ??= new("health", _ => new HealthPlan(),
    [
        new PlanKey<HealthPlan, IReadOnlyDictionary<string, HttpProbePlan>>(
            "http", new NamedType<HttpProbePlan>(NameKinds.Probe, HttpProbe, needed: false), h => h.Http, (h, v) => h with { Http = v }),
        new PlanKey<HealthPlan, IReadOnlyDictionary<string, LogProbePlan>>(
            "logs", new NamedType<LogProbePlan>(NameKinds.Probe, LogProbe, needed: false), h => h.Logs, (h, v) => h with { Logs = v }),
        new PlanKey<HealthPlan, IReadOnlyList<string>>("compose", new ListType<string>(s_dockerName, unique: true), h => h.Compose, (h, v) => h with { Compose = v }) { Absent = () => PlanTexts.AbsentCompose },
        new PlanKey<HealthPlan, IReadOnlyList<string>>("containers", new ListType<string>(s_dockerName, unique: true), h => h.Containers, (h, v) => h with { Containers = v }) { Absent = () => PlanTexts.AbsentContainers },
        new PlanKey<HealthPlan, HealthLimits>("limits", Limits, h => h.Limits, (h, v) => h with { Limits = v }),
        new PlanKey<HealthPlan, TimeSpan>("timeout", s_duration, h => h.Timeout, (h, v) => h with { Timeout = v }),
    ]);

    private static SectionType<HttpProbePlan> HttpProbe => s_httpProbe ??= new("httpprobe", c => new HttpProbePlan { Name = c?.ItemName ?? "", Url = "" },
    [
        new PlanKey<HttpProbePlan, string>("url", new EndpointType(query: true), p => p.Url, (p, v) => p with { Url = v }) { Required = true },
        new PlanKey<HttpProbePlan, int>("status", new IntegerType(100, 599), p => p.Status, (p, v) => p with { Status = v }) { Absent = () => "200–299" },
        new PlanKey<HttpProbePlan, string>("contains", new AnyScalarType(() => PlanTexts.ExpectedText), p => p.Contains, (p, v) => p with { Contains = v }),
        new PlanKey<HttpProbePlan, TimeSpan>("within", s_duration, p => p.Within, (p, v) => p with { Within = v }) { Absent = () => "limits.response" },
        new PlanKey<HttpProbePlan, string>("caFile", s_path, p => p.CaFile, (p, v) => p with { CaFile = v }),
    ]);

    private static SectionType<LogProbePlan> LogProbe => s_logProbe ??= new("logprobe", c => new LogProbePlan { Name = c?.ItemName ?? "" },
    [
        new PlanKey<LogProbePlan, string>("file", s_path, p => p.File, (p, v) => p with { File = v }),
        new PlanKey<LogProbePlan, string>("container", s_dockerName, p => p.Container, (p, v) => p with { Container = v }),
        new PlanKey<LogProbePlan, ComposePlace>(
            "compose", Compose, p => p.ComposeService is { } service ? new ComposePlace(service, p.ComposeProject) : null, (p, v) => p with { ComposeService = v.Service, ComposeProject = v.Project }),
        new PlanKey<LogProbePlan, IReadOnlyList<string>>(
            "patterns", new ListType<string>(new TextType(() => PlanTexts.ExpectedRegex), unique: true), p => p.Patterns, (p, v) => p with { Patterns = v }) { Absent = () => "error, fatal, panic, exception, critical" },
        new PlanKey<LogProbePlan, TimeSpan>("since", s_duration, p => p.Since, (p, v) => p with { Since = v }),
        new PlanKey<LogProbePlan, int>("most", new IntegerType(0, 1_000_000), p => p.Most, (p, v) => p with { Most = v }),
    ])
    {
        Check = CheckLogProbe,
    };

    private static SectionType<HealthLimits> Limits => s_limits ??= new("limits", _ => new HealthLimits(),
    [
        new PlanKey<HealthLimits, decimal>("availability", new DecimalType(), l => l.Availability, (l, v) => l with { Availability = v }),
        new PlanKey<HealthLimits, TimeSpan>("response", s_duration, l => l.Response, (l, v) => l with { Response = v }),
        new PlanKey<HealthLimits, TimeSpan>("database", s_duration, l => l.Database, (l, v) => l with { Database = v }),
        new PlanKey<HealthLimits, int>("cpu", s_percent, l => l.Cpu, (l, v) => l with { Cpu = v }),
        new PlanKey<HealthLimits, int>("memory", s_percent, l => l.Memory, (l, v) => l with { Memory = v }),
        new PlanKey<HealthLimits, int>("disk", s_percent, l => l.Disk, (l, v) => l with { Disk = v }),
        new PlanKey<HealthLimits, int>("backupDisk", s_percent, l => l.BackupDisk, (l, v) => l with { BackupDisk = v }),
        new PlanKey<HealthLimits, int>("inodes", s_percent, l => l.Inodes, (l, v) => l with { Inodes = v }),
        new PlanKey<HealthLimits, int>("connections", s_percent, l => l.Connections, (l, v) => l with { Connections = v }),
        new PlanKey<HealthLimits, TimeSpan>("transaction", s_duration, l => l.Transaction, (l, v) => l with { Transaction = v }),
        new PlanKey<HealthLimits, long>("replicationLag", s_size, l => l.ReplicationLag, (l, v) => l with { ReplicationLag = v }),
        new PlanKey<HealthLimits, int>("restarts", new IntegerType(0, 100_000), l => l.Restarts, (l, v) => l with { Restarts = v }),
        new PlanKey<HealthLimits, int>("certificateDays", new IntegerType(0, 3650), l => l.CertificateDays, (l, v) => l with { CertificateDays = v }),
        new PlanKey<HealthLimits, TimeSpan>("backupAge", s_duration, l => l.BackupAge, (l, v) => l with { BackupAge = v }),
        new PlanKey<HealthLimits, TimeSpan>("restoreTestAge", s_duration, l => l.RestoreTestAge, (l, v) => l with { RestoreTestAge = v }),
    ])
    {
        Check = (limits, map, context) =>
        {
            if (limits.Availability is < 0 or > 100) context.Error(map.Find("availability")!, Host.Text.Of(PlanTexts.ExpectedValue, "0 – 100"));
        },
    };

    private static SectionType<HealthPlan>? s_health;
    private static SectionType<HttpProbePlan>? s_httpProbe;
    private static SectionType<LogProbePlan>? s_logProbe;
    private static SectionType<HealthLimits>? s_limits;

    private static void CheckLogProbe(LogProbePlan probe, YamlMap map, ReadContext context)
    {
        string?[] places = [probe.File, probe.Container, probe.ComposeService];
        if (places.Count(p => p is not null) != 1) context.Error(map, PlanTexts.OneLog);
        foreach (string pattern in probe.Patterns)
        {
            try
            {
                // As it will be used: in time that grows with the line only, whatever somebody writes into a log.
                _ = new Regex(pattern, RegexOptions.NonBacktracking);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                context.Error(map.Find("patterns")!, Host.Text.Of(PlanTexts.ExpectedValue, PlanTexts.ExpectedRegex));
                return;
            }
        }
    }
}
