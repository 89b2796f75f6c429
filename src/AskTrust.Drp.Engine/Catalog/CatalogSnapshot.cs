namespace AskTrust.Drp.Engine.Catalog;

/// <summary>All repositories as listed at one moment: what the verbs decide on.</summary>
internal sealed class CatalogSnapshot
{
    private static readonly Dictionary<string, DateTimeOffset> s_nothing = [];
    private readonly ILookup<string, Mark> _marks;
    private readonly ILookup<SetId, Pin> _pins;

    /// <summary>Makes a snapshot of what was listed.</summary>
    public CatalogSnapshot(string planPath, IReadOnlyList<RepositorySnapshot> repositories, IReadOnlyList<string> warnings)
    {
        Repositories = repositories;
        Warnings = warnings;
        _marks = repositories.SelectMany(r => r.Marks).ToLookup(m => m.Set, StringComparer.Ordinal);
        _pins = repositories.SelectMany(r => r.Pins).ToLookup(p => p.Set);
        Sets = MergeAll(planPath, s => s.State == SetState.Complete);
        bool more = repositories.Any(r => r.Sets.Any(s => s.State is SetState.Damaged or SetState.Unreadable));
        Everything = more ? MergeAll(planPath, s => s.State != SetState.Incomplete) : Sets;
    }

    /// <summary>Each repository, in the plan's order.</summary>
    public IReadOnlyList<RepositorySnapshot> Repositories { get; }

    /// <summary>What an operator should look at.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Sets that at least one repository holds completely, newest first.</summary>
    public IReadOnlyList<CatalogSet> Sets { get; }

    /// <summary>The same with damaged and unreadable copies, for whoever looks for damage.</summary>
    public IReadOnlyList<CatalogSet> Everything { get; }

    /// <summary>Every id in any repository, sets without a manifest included.</summary>
    public IEnumerable<SetId> KnownIds => Repositories.SelectMany(r => r.Sets).Select(s => s.Id);

    /// <summary>True when the set is pinned, by its manifest or by a later pin.</summary>
    public bool IsPinned(SetId id, SetSummary? summary) => Pin.Effective(_pins[id])?.IsPinned ?? summary?.Pinned ?? false;

    /// <summary>The highest number of a pin of this set; 0 when there is none.</summary>
    public int PinNumber(SetId id) => Pin.Effective(_pins[id])?.Number ?? 0;

    /// <summary>Components of the set whose last restore test passed, and when it did.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> ProvenComponents(SetId id)
    {
        if (!_marks.Contains(id.ToString()))
        {
            return s_nothing;
        }

        Dictionary<string, DateTimeOffset> proven = new(StringComparer.Ordinal);
        foreach (IGrouping<string, Mark> component in _marks[id.ToString()].Where(m => m.Kind == MarkKind.Restore).GroupBy(m => m.Component ?? "", StringComparer.Ordinal))
        {
            Mark last = component.MaxBy(m => (m.Time, !m.Passed))!;
            if (last.Passed)
            {
                proven[component.Key] = last.Time;
            }
        }

        return proven;
    }

    /// <summary>The deepest verification that passed in one repository and was not followed by a failed one; null = none.</summary>
    public Mark? Verified(SetId id, string repository)
    {
        Mark? deepest = null;
        foreach (Mark m in In(id, repository).OrderBy(m => m.Time))
        {
            deepest = !m.Passed ? null : deepest is null || m.Kind >= deepest.Kind ? m : deepest;
        }

        return deepest;
    }

    /// <summary>True when the last thing known of this copy is a failed verification or restore test.</summary>
    public bool IsKnownBad(SetId id, string repository)
    {
        string name = Mark.Segment(repository);
        return In(id, repository).Concat(_marks[id.ToString()].Where(m => m.Kind == MarkKind.Restore && m.Repository == name))
            .GroupBy(m => (m.Kind == MarkKind.Restore, m.Component)).Any(g => !g.MaxBy(m => (m.Time, !m.Passed))!.Passed);
    }

    private IEnumerable<Mark> In(SetId id, string repository)
    {
        string name = Mark.Segment(repository);
        return _marks[id.ToString()].Where(m => m.Kind != MarkKind.Restore && m.Repository == name);
    }

    private CatalogSet[] MergeAll(string planPath, Func<StoredSet, bool> which) =>
        [.. Repositories.SelectMany(r => r.Sets).Where(which).GroupBy(s => s.Id).OrderByDescending(g => g.Key).Select(g => Merge(planPath, g.Key, [.. g]))];

    private CatalogSet Merge(string planPath, SetId id, IReadOnlyList<StoredSet> copies)
    {
        SetSummary s = copies.Select(c => c.Summary).FirstOrDefault(c => c is not null) ?? SetSummary.Unknown(id);
        IReadOnlyDictionary<string, DateTimeOffset> proven = ProvenComponents(id);
        bool marked = _marks.Contains(id.ToString());
        bool disproven = marked && _marks[id.ToString()].Where(m => m.Kind == MarkKind.Restore).Select(m => m.Component ?? "").Distinct(StringComparer.Ordinal).Count() != proven.Count;
        MarkKind? verified = !marked ? null : copies.Max(c => Verified(id, c.Repository.Name)?.Kind);
        return new(id, copies, new()
        {
            Plan = planPath,
            Id = id.ToString(),
            Time = s.Started,
            Kind = id.Kind,
            Components = s.Components,
            Repositories = [.. copies.Select(c => c.Repository.Name)],
            Size = s.Size,
            PlainSize = s.PlainSize,
            Duration = TimeSpan.FromSeconds(s.Seconds),
            Reason = s.Reason,
            Job = s.Job,
            Pinned = IsPinned(id, s),
            Proven = disproven || proven.Count == 0 ? null : proven.Values.Max(),
            Verified = verified is { } kind ? (VerificationDepth)kind : null,
            Skew = s.Skew is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Rows = s.Rows,
            Files = s.Files,
            Base = Chains.Newest(s.Chain),
            Warnings = s.Warnings,
            Artifacts = s.Artifacts,
        });
    }
}

/// <summary>A set and its complete copies.</summary>
/// <param name="Id">Id.</param>
/// <param name="Copies">Each repository's, in the plan's order.</param>
/// <param name="Set">What users see.</param>
internal sealed record CatalogSet(SetId Id, IReadOnlyList<StoredSet> Copies, BackupSet Set);
