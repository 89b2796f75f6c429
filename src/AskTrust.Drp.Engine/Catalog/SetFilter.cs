using System.IO.Enumeration;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Which sets a filter means. Pure.</summary>
internal static class SetFilter
{
    private const string Latest = "latest";

    /// <summary>The sets that fit.</summary>
    /// <param name="sets">Newest first.</param>
    /// <param name="filter">The conditions.</param>
    public static IReadOnlyList<CatalogSet> Apply(IReadOnlyList<CatalogSet> sets, BackupFilter filter)
    {
        List<CatalogSet> fitting = [.. sets.Where(s => Fits(s.Set, filter))];
        if (filter.Ids.Count > 0)
        {
            bool latest = filter.Ids.Any(i => i.Equals(Latest, StringComparison.OrdinalIgnoreCase));
            CatalogSet? newest = Newest(fitting, filter);
            fitting = [.. fitting.Where(s => (latest && s == newest) || filter.Ids.Any(i => Matches(s.Set.Id, i)))];
        }

        return !filter.Latest ? fitting : Newest(fitting, filter) is { } one ? [one] : [];
    }

    /// <summary>
    /// “latest” is the newest of those that meet the other conditions. Safety sets count only when asked for by kind: they hold what somebody wanted to
    /// get rid of, and the newest set after a restore is always one of them. A base counts when there is no dump: what “latest” means shall not depend on
    /// which of two jobs ran last.
    /// </summary>
    private static CatalogSet? Newest(IReadOnlyList<CatalogSet> fitting, BackupFilter filter) =>
        fitting.FirstOrDefault(s => filter.Kind is not null || s.Id.Kind is not (SetId.Safety or SetId.Base))
        ?? fitting.FirstOrDefault(s => s.Id.Kind != SetId.Safety);

    /// <summary>True when the id is more than one exact id: a wildcard, or <c>latest</c>.</summary>
    public static bool IsPattern(string id) => id.AsSpan().ContainsAny('*', '?') || id.Equals(Latest, StringComparison.OrdinalIgnoreCase);

    /// <summary>True when an id fits an id or wildcard asked for.</summary>
    public static bool Matches(string id, string asked) =>
        asked.Contains('\\', StringComparison.Ordinal) ? false : FileSystemName.MatchesSimpleExpression(asked, id, ignoreCase: true);

    private static bool Fits(BackupSet set, BackupFilter f) =>
        (f.Component is null || set.Components.Contains(f.Component, StringComparer.OrdinalIgnoreCase))
        && (f.Kind is null || set.Kind.Equals(f.Kind, StringComparison.OrdinalIgnoreCase))
        && (f.Repository is null || set.Repositories.Contains(f.Repository, StringComparer.OrdinalIgnoreCase))
        && (f.Before is null || set.Time < f.Before)
        && (f.After is null || set.Time >= f.After)
        && (f.Proven is null || f.Proven == set.Proven is not null);
}
