using AskTrust.Drp.Engine.Components.Certificates;
using AskTrust.Drp.Engine.Operations.Private;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>The certificates that lie in a component: days left, names, chain, and whether the key beside them fits.</summary>
internal sealed class CertificateHealth(ComponentPlan component, OperationContext context, HealthJudge judge)
{
    /// <summary>Reads them.</summary>
    public async Task<IReadOnlyList<HealthCheck>> AskAsync(CancellationToken ct)
    {
        TimeSpan limit = TimeSpan.FromDays(context.Plan.Health.Limits.CertificateDays);
        CertificateStatus[] all = [.. (await ComponentCertificates.ReadAsync(component, context, null, ct).ConfigureAwait(false)).Select(c => CertificateJudge.Look(c, context.Clock.GetUtcNow(), limit))];
        if (all.Length == 0) return [judge.Odd($"{component.Name} certificates", HealthKind.Certificate, CertificateTexts.None)];
        // Two for the same host are told apart by their files.
        return [.. all.GroupBy(c => c.Name, StringComparer.Ordinal).SelectMany(g => g.Select(c => Of(c, g.Count() == 1 ? c.Name : $"{c.Name} {c.File}")))];
    }

    private HealthCheck Of(CertificateStatus status, string name)
    {
        name = $"{component.Name} {name} certificate";
        string problems = string.Join(' ', status.Problems);
        HealthCheck check = status.Verdict switch
        {
            CheckVerdict.Ok => judge.Good(name, HealthKind.Certificate),
            CheckVerdict.Warning => judge.Odd(name, HealthKind.Certificate, $"{status.File}: {problems}", HealthTexts.CertificateAdvice),
            _ => judge.Bad(name, HealthKind.Certificate, $"{status.File}: {problems}", HealthTexts.CertificateAdvice),
        };
        if (status.DaysLeft is not { } days) return check;
        int limit = context.Plan.Health.Limits.CertificateDays;
        return check with { Measured = days, Threshold = limit, Unit = HealthJudge.Days, Value = HealthJudge.Show(days, HealthJudge.Days), Limit = HealthJudge.Show(limit, HealthJudge.Days) };
    }
}
