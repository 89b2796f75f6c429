using AskTrust.Drp.Engine.Operations.Private;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>Everything a plan gives to look at: each component, repository, page and log, and this machine.</summary>
internal static class HealthProbes
{
    /// <summary>All of them; nothing is asked yet.</summary>
    /// <param name="context">The plan and the world.</param>
    /// <param name="judge">Judges.</param>
    /// <param name="patience">How long each may take.</param>
    public static IEnumerable<HealthProbe> All(OperationContext context, HealthJudge judge, TimeSpan patience)
    {
        DrpPlan plan = context.Plan;
        foreach (HttpProbePlan page in plan.Health.Http.Values) yield return new(page.Name, HealthKind.Http, new HttpHealth(page, context, judge).AskAsync, Answers: true);
        foreach (ComponentPlan component in plan.Components.Values.Where(ComponentCertificates.AreIn))
            yield return new(component.Name, HealthKind.Certificate, new CertificateHealth(component, context, judge).AskAsync);
        var containers = new ServiceHealth(context, judge);
        if (containers.IsNamed) yield return new("containers", HealthKind.Container, containers.AskAsync, Finds: true);
        foreach (PostgreSqlPlan database in plan.Components.Values.OfType<PostgreSqlPlan>())
        {
            yield return new(database.Name, HealthKind.PostgreSql, new PostgreSqlHealth(database, context, judge).AskAsync, Answers: true);
            if (database.Pair is not null) yield return new(database.Name, HealthKind.PostgreSql, ct => ReplicationHealth.PairAsync(database, context, judge, ct));
            if (database.PointInTime is not null) yield return new(database.Name, HealthKind.PostgreSql, ct => ReplicationHealth.WalAsync(database, context, judge, ct));
        }

        foreach (RedisPlan redis in plan.Components.Values.OfType<RedisPlan>()) yield return new(redis.Name, HealthKind.Redis, new RedisHealth(redis, context, judge).AskAsync, Answers: true);
        var backups = new BackupHealth(context, judge, patience);
        foreach (var repository in context.Catalog.Repositories) yield return new(repository.Name, HealthKind.Repository, ct => backups.RepositoryAsync(repository, ct));
        foreach (ComponentPlan component in plan.Components.Values) yield return new(component.Name, HealthKind.Backup, ct => backups.ComponentAsync(component, ct));
        yield return new("recovery kit", HealthKind.Backup, ct => KitHealth.AskAsync(context, judge, ct));
        yield return new("load", HealthKind.Host, ct => HostHealth.LoadAsync(context, judge, ct));
        foreach (string mount in HostHealth.Mounts(context)) yield return new($"disk {mount}", HealthKind.Host, ct => HostHealth.DiskAsync(mount, context, judge, ct));
        foreach (LogProbePlan log in plan.Health.Logs.Values) yield return new(log.Name, HealthKind.Log, new LogHealth(log, context, judge).AskAsync);
    }
}
