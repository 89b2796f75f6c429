using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Diagnostics;

/// <summary>Masks secrets in every text of a report that others wrote, once all sections are there and so every secret is known.</summary>
internal sealed class DiagnosticsMask(Redactor redactor)
{
    /// <summary>The report, masked.</summary>
    public DiagnosticReport Apply(DiagnosticReport report) => report with
    {
        Machine = Section(report.Machine),
        Disks = [.. report.Disks.Select(Section)],
        Processes = Section(report.Processes),
        Containers = Section(report.Containers with { Containers = [.. report.Containers.Containers.Select(c => c with { LastLines = Lines(c.LastLines) })] }),
        ContainerLoad = Section(report.ContainerLoad),
        EngineDisk = Section(report.EngineDisk),
        PostgreSql =
        [
            .. report.PostgreSql.Select(p => Section(p with
            {
                Activity = [.. p.Activity.Select(Query)], Blocked = [.. p.Blocked.Select(Query)], Slow = [.. p.Slow.Select(s => s with { Query = Maybe(s.Query) })],
            })),
        ],
        Redis = [.. report.Redis.Select(Section)],
        Repositories = [.. report.Repositories.Select(Section)],
        Recovery = [.. report.Recovery.Select(Section)],
        Health = Section(report.Health with { Checks = [.. report.Health.Checks.Select(c => c with { Message = Maybe(c.Message), Advice = Maybe(c.Advice) })] }),
        Evidence = Section(report.Evidence with { Records = [.. report.Evidence.Records.Select(r => r with { Facts = r.Facts.ToDictionary(f => f.Key, f => Clean(f.Value), StringComparer.Ordinal) })] }),
        Logs = [.. report.Logs.Select(l => Section(l with { Lines = Lines(l.Lines) }))],
    };

    /// <summary>A text, masked.</summary>
    public string Clean(string text) => SecretMask.Clean(redactor.Clean(text));

    private T Section<T>(T section)
        where T : DiagnosticSection => (T)((DiagnosticSection)section with { Message = Maybe(section.Message) });

    private RunningQuery Query(RunningQuery query) => query with { Query = Maybe(query.Query) };

    private string[] Lines(IReadOnlyList<string> lines) => [.. lines.Select(Clean)];

    private string? Maybe(string? text) => text is null ? null : Clean(text);
}
