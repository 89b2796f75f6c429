using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Primary;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>What <c>drp primary status</c> and <c>drp wal status</c> say, as checks.</summary>
internal static class ReplicationHealth
{
    /// <summary>The pair of servers.</summary>
    public static async Task<IReadOnlyList<HealthCheck>> PairAsync(PostgreSqlPlan plan, OperationContext context, HealthJudge judge, CancellationToken ct)
    {
        List<HealthCheck> checks = [];
        await foreach (PrimaryStatus status in new PrimaryStatusRun(context).RunAsync(plan.Name, ct).ConfigureAwait(false))
            checks.Add(Of($"{plan.Name} pair", status.Verdict, status.Problems, status.Primary, "drp primary status", judge) with { Measured = status.LagBytes, Unit = status.LagBytes is null ? null : HealthJudge.Bytes });
        return checks;
    }

    /// <summary>The WAL on its way to the repositories: what would be lost now, against the promise.</summary>
    public static async Task<IReadOnlyList<HealthCheck>> WalAsync(PostgreSqlPlan plan, OperationContext context, HealthJudge judge, CancellationToken ct)
    {
        List<HealthCheck> checks = [];
        string name = $"{plan.Name} wal";
        TimeSpan? rpo = BackupHealth.RpoOf(plan, context.Plan);
        await foreach (ReplicationStatus status in new WalStatus(context).RunAsync(plan.Name, ct).ConfigureAwait(false))
        {
            if (status.Verdict == CheckVerdict.Ok && status.Lag is { } lag && rpo is { } promise)
                checks.Add(judge.AtMost(name, HealthKind.PostgreSql, lag.TotalSeconds, promise.TotalSeconds, HealthJudge.Seconds, HealthTexts.WalAdvice, breach: true));
            else
                checks.Add(Of(name, status.Verdict, status.Problems, status.LagBytes is { } bytes ? Human.Size(bytes) : null, "drp wal status", judge));
        }

        return checks;
    }

    private static HealthCheck Of(string name, CheckVerdict verdict, IReadOnlyList<string> problems, string? value, string command, HealthJudge judge)
    {
        string message = string.Join("; ", problems), advice = Text.Of(HealthTexts.LookWith, command);
        HealthCheck check = verdict switch
        {
            CheckVerdict.Failed => judge.Bad(name, HealthKind.PostgreSql, message, advice),
            CheckVerdict.Warning => judge.Odd(name, HealthKind.PostgreSql, message, advice),
            _ => judge.Good(name, HealthKind.PostgreSql),
        };
        return check with { Value = value };
    }
}
