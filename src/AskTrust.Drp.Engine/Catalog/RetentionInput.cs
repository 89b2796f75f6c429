namespace AskTrust.Drp.Engine.Catalog;

/// <summary>A policy and the zone in which its days begin.</summary>
internal sealed record RetentionRule(RetentionPolicy? Policy, TimeZoneInfo Zone);

/// <summary>Everything <see cref="Retention.Decide"/> may know.</summary>
internal sealed record RetentionInput
{
    /// <summary>The sets of one repository.</summary>
    public required IReadOnlyList<RetentionSet> Sets { get; init; }

    /// <summary>What each job of the plan keeps.</summary>
    public required IReadOnlyDictionary<string, RetentionRule> Jobs { get; init; }

    /// <summary>The clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>A policy in place of the plan's.</summary>
    public RetentionPolicy? Policy { get; init; }

    /// <summary>Only sets of this job; null = all.</summary>
    public string? Job { get; init; }

    /// <summary>True while somebody holds a lease to write there.</summary>
    public bool Writing { get; init; }

    /// <summary>The set's job when the plan (still) has it; else null: such sets are a group of their own.</summary>
    public string? JobOf(RetentionSet set) => set.Job is { } job && Jobs.ContainsKey(job) ? job : null;

    /// <summary>
    /// The rules for sets of a job. Sets that no job of the plan owns (made by hand, or by a job since renamed) follow the policy asked for, else they
    /// stay as long as any job's policy would keep them.
    /// </summary>
    public IEnumerable<RetentionRule> RulesFor(string? job)
    {
        RetentionRule? own = job is null ? null : Jobs[job];
        return Policy is not null ? [new(Policy, own?.Zone ?? TimeZoneInfo.Utc)]
            : own is not null ? [own]
            : Jobs.Count > 0 ? Jobs.Values
            : [new(null, TimeZoneInfo.Utc)];
    }

    /// <summary>True when a decision on this set was asked for. Leftovers belong to no job.</summary>
    public bool IsAsked(RetentionSet set) => Job is null || set.State == SetState.Incomplete || set.Job == Job;
}

/// <summary>A set as retention sees it.</summary>
internal sealed record RetentionSet
{
    /// <summary>Id; decides the order.</summary>
    public required SetId Id { get; init; }

    /// <summary>Real start of the backup; decides the periods.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>State in this repository.</summary>
    public required SetState State { get; init; }

    /// <summary>Last write, by the store's clock.</summary>
    public DateTimeOffset Modified { get; init; }

    /// <summary>Job that made it.</summary>
    public string? Job { get; init; }

    /// <summary>Components.</summary>
    public IReadOnlyList<string> Components { get; init; } = [];

    /// <summary>Components whose restore test passed.</summary>
    public IReadOnlySet<string> Proven { get; init; } = new HashSet<string>();

    /// <summary>Sets it builds on.</summary>
    public IReadOnlyList<SetId> Needs { get; init; } = [];

    /// <summary>Pinned.</summary>
    public bool Pinned { get; init; }

    /// <summary>Its last verification or restore test failed.</summary>
    public bool KnownBad { get; init; }

    /// <summary>True when the manifest could be read.</summary>
    public bool IsKnown { get; init; } = true;

    /// <summary>Complete, and nothing bad is known of it.</summary>
    public bool IsGood => State == SetState.Complete && !KnownBad;
}

/// <summary>What is to be done with a set.</summary>
internal sealed record RetentionVerdict(SetId Id, bool Delete, IReadOnlyList<string> Reasons);
