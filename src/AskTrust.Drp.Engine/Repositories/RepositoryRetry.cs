using Polly;
using Polly.Retry;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>How often and how patiently what is transient is tried again.</summary>
internal sealed record RepositoryRetry
{
    /// <summary>Attempts after the first.</summary>
    /// <value>The default is 6: with the delays below, about half a minute to a minute of trouble is sat out.</value>
    public int MaxRetries { get; init; } = 6;

    /// <summary>First delay; it doubles from attempt to attempt, with jitter.</summary>
    /// <value>The default is 0.5 s.</value>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest delay.</summary>
    /// <value>The default is 20 s.</value>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long it is tried whether a repository that has not answered yet answers at all.</summary>
    /// <value>The default is 1 minute.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long one that never answered within the patience is taken for dead: a run asks several times, and would wait each time.</summary>
    /// <value>The default is 2 minutes.</value>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Makes the pipeline; only a <see cref="DrpException"/> marked as transient is tried again.</summary>
    public ResiliencePipeline Build(TimeProvider clock) => new ResiliencePipelineBuilder { TimeProvider = clock }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is DrpException { IsTransient: true }),
            MaxRetryAttempts = MaxRetries,
            Delay = Delay,
            MaxDelay = MaxDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();
}
