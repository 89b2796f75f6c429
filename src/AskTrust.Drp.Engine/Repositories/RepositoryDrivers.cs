using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories.Local;
using AskTrust.Drp.Engine.Repositories.Rclone;
using AskTrust.Drp.Engine.Repositories.S3;
using AskTrust.Drp.Engine.Repositories.Sftp;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>The one list of drivers, and the order of what wraps them.</summary>
internal static class RepositoryDrivers
{
    /// <summary>Types of the plan and who opens them.</summary>
    public static IReadOnlyDictionary<string, Func<RepositoryPlan, HostContext, CancellationToken, Task<IRepository>>> All { get; }
        = new Dictionary<string, Func<RepositoryPlan, HostContext, CancellationToken, Task<IRepository>>>(StringComparer.Ordinal)
        {
            ["directory"] = (plan, host, ct) => DirectoryRepository.OpenAsync((DirectoryRepositoryPlan)plan, host, ct),
            ["s3"] = (plan, host, ct) => S3Repository.OpenAsync((S3RepositoryPlan)plan, host, ct),
            ["rclone"] = (plan, host, ct) => RcloneRepository.OpenAsync((RcloneRepositoryPlan)plan, host, ct),
            ["sftp"] = (plan, host, ct) => SftpRepository.OpenAsync((SftpRepositoryPlan)plan, host, ct),
        };

    /// <summary>
    /// Opens a repository of the plan, without contacting it: <see cref="IRepository.CheckAsync"/> does that. Read-only by plan
    /// stands outermost, so that a refusal is never retried; the throttle stands innermost, so that retries are limited too.
    /// </summary>
    public static async Task<IRepository> OpenAsync(RepositoryPlan plan, HostContext host, CancellationToken ct)
    {
        IRepository repository = await All[plan.Type](plan, host, ct).ConfigureAwait(false);
        if (plan.UploadLimit is not null || plan.DownloadLimit is not null)
            repository = new ThrottledRepository(repository, plan.UploadLimit, plan.DownloadLimit, host.Clock);
        repository = new RetryingRepository(repository, new RepositoryRetry(), host.Clock);
        return plan.ReadOnly ? new ReadOnlyRepository(repository) : repository;
    }
}
