using System.CommandLine;
using System.CommandLine.Completions;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Completion;

/// <summary>Names for completion, read from the plan and what is known of its sets without waiting long for a repository.</summary>
internal static class PlanNames
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>The plan of the line being completed; System.CommandLine's sources do not get the half-typed line.</summary>
    [ThreadStatic]
    private static string? t_plan;

    /// <summary>Component names.</summary>
    public static IEnumerable<CompletionItem> Components(CompletionContext context) => Read((s, _) => Task.FromResult<IEnumerable<string>>([.. s.Plan.Components.Keys]));

    /// <summary>Repository names.</summary>
    public static IEnumerable<CompletionItem> Repositories(CompletionContext context) => Read((s, _) => Task.FromResult<IEnumerable<string>>([.. s.Plan.Repositories.Keys]));

    /// <summary>Job names.</summary>
    public static IEnumerable<CompletionItem> Jobs(CompletionContext context) => Read((s, _) => Task.FromResult<IEnumerable<string>>([.. s.Plan.Jobs.Keys]));

    /// <summary>Set ids, newest first, and <c>latest</c>.</summary>
    public static IEnumerable<CompletionItem> Sets(CompletionContext context) => Read(async (session, ct) =>
    {
        var ids = new List<string> { "latest" };
        try
        {
            await foreach (var set in session.ListAsync(new BackupFilter(), ct)) ids.Add(set.Id);
        }
        catch (Exception e) when (e is OperationCanceledException or DrpException)
        {
            // A slow or missing repository: what was found so far is offered.
        }

        return ids;
    });

    /// <summary>Runs a source with the plan of a line.</summary>
    public static IReadOnlyList<string> WithPlan(ParseResult parsed, Func<IEnumerable<string>> source)
    {
        t_plan = GlobalOptions.PlanPath(parsed);
        return [.. source()];
    }

    private static IEnumerable<CompletionItem> Read(Func<DrpSession, CancellationToken, Task<IEnumerable<string>>> names)
    {
        if (t_plan is not { } plan) return [];
        return ReadAsync(plan, names).GetAwaiter().GetResult();
    }

    private static async Task<IEnumerable<CompletionItem>> ReadAsync(string plan, Func<DrpSession, CancellationToken, Task<IEnumerable<string>>> names)
    {
        using var patience = new CancellationTokenSource(s_patience);
        await using var session = await DrpSession.OpenAsync(plan, new EngineOptions(), patience.Token);
        return (await names(session, patience.Token)).Select(n => new CompletionItem(n)).ToList();
    }
}
