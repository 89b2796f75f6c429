using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// What of one repository stays and what goes. Pure: a dry run and a real run ask the same function. A set stays when any rule keeps it, and always
/// stays when it is pinned, the last good set or the newest proven set of a component, or not readable to us.
/// </summary>
internal static class Retention
{
    /// <summary>Safety sets are not looked at by policy before this age.</summary>
    public static readonly TimeSpan SafetyAge = TimeSpan.FromDays(7);

    /// <summary>A set without a manifest may be swept when nothing was written to it for this long: longer than any lease lives unrenewed.</summary>
    public static readonly TimeSpan LeftoverAge = LeaseTimes.Default.Length + LeaseTimes.Default.Skew + LeaseTimes.Default.Skew;

    /// <summary>Decides on every set of the input, oldest first.</summary>
    public static IReadOnlyList<RetentionVerdict> Decide(RetentionInput input)
    {
        Dictionary<SetId, List<string>> reasons = input.Sets.ToDictionary(s => s.Id, _ => new List<string>());
        Protect(input, reasons);
        foreach (IGrouping<(string? Job, string Kind), RetentionSet> group in input.Sets.Where(s => s.IsKnown).GroupBy(s => (input.JobOf(s), KindOf(s))))
        {
            RetentionSet[] newestFirst = [.. group.OrderByDescending(s => s.Id)];
            foreach (RetentionRule rule in input.RulesFor(group.Key.Job))
            {
                Apply(newestFirst, rule, input.Now, reasons);
            }

            foreach (RetentionSet s in group.Where(s => group.Key.Kind == SetId.Safety && input.Now - s.Time < SafetyAge))
            {
                reasons[s.Id].Add(CatalogTexts.KeptYoungSafety);
            }
        }

        Hold(input, reasons);
        return [.. input.Sets.OrderBy(s => s.Id).Where(input.IsAsked).Select(s => Verdict(s, input, reasons[s.Id]))];
    }

    /// <summary>What a kept set builds on stays with it. Each set knows its whole chain, so one look is enough.</summary>
    private static void Hold(RetentionInput input, Dictionary<SetId, List<string>> reasons)
    {
        SetId[] kept = [.. input.Sets.Where(s => reasons[s.Id].Count > 0 || !input.IsAsked(s) || !s.IsKnown).Select(s => s.Id)];
        foreach (RetentionSet s in input.Sets.Where(s => s.Needs.Count > 0 && kept.Contains(s.Id)))
        {
            foreach (SetId needed in s.Needs.Where(reasons.ContainsKey)) reasons[needed].Add(Text.Of(CatalogTexts.KeptNeeded, s.Id));
        }
    }

    private static string KindOf(RetentionSet s) => s.Id.Kind is SetId.Safety or SetId.Base ? s.Id.Kind : SetId.Full;

    private static RetentionVerdict Verdict(RetentionSet s, RetentionInput input, List<string> reasons)
    {
        if (s.State == SetState.Incomplete)
        {
            return input.Writing ? new(s.Id, false, [CatalogTexts.KeptWriting])
                : input.Now - s.Modified <= LeftoverAge ? new(s.Id, false, [CatalogTexts.KeptRecent])
                : new(s.Id, true, [CatalogTexts.GoesLeftover]);
        }

        return !s.IsKnown ? new(s.Id, false, [CatalogTexts.KeptUnreadable, .. reasons])
            : reasons.Count > 0 ? new(s.Id, false, [.. reasons.Distinct(StringComparer.Ordinal)])
            : new(s.Id, true, [CatalogTexts.GoesNoRule]);
    }

    private static void Protect(RetentionInput input, Dictionary<SetId, List<string>> reasons)
    {
        RetentionSet[] complete = [.. input.Sets.Where(s => s.State == SetState.Complete).OrderByDescending(s => s.Id)];
        foreach (RetentionSet s in input.Sets.Where(s => s.Pinned))
        {
            reasons[s.Id].Add(CatalogTexts.KeptPinned);
        }

        // A dump and a base are no substitute for each other: each has its last good one.
        foreach (var (component, isBase) in complete.SelectMany(s => s.Components.Select(c => (c, s.Id.Kind == SetId.Base))).Distinct())
        {
            RetentionSet[] with = [.. complete.Where(s => (s.Id.Kind == SetId.Base) == isBase && s.Components.Contains(component, StringComparer.Ordinal))];
            // Good before bad, ordinary before safety (that one was taken because something was wrong), new before old.
            RetentionSet last = with.OrderByDescending(s => s.IsGood).ThenBy(s => s.Id.Kind == SetId.Safety).ThenByDescending(s => s.Id).First();
            reasons[last.Id].Add(CatalogTexts.KeptLastGood);
            if (with.FirstOrDefault(s => s.Proven.Contains(component)) is { } proven)
            {
                reasons[proven.Id].Add(CatalogTexts.KeptProven);
            }
        }
    }

    private static void Apply(RetentionSet[] newestFirst, RetentionRule rule, DateTimeOffset now, Dictionary<SetId, List<string>> reasons)
    {
        if (rule.Policy is not { IsEmpty: false } policy)
        {
            foreach (RetentionSet s in newestFirst)
            {
                reasons[s.Id].Add(CatalogTexts.KeptNoPolicy);
            }

            return;
        }

        // A bad set never takes a good one's place; it stays as long as it would have, had it been good.
        Count([.. newestFirst.Where(s => s.IsGood)], policy, rule.Zone, now, s => reasons[s.Id]);
        Count(newestFirst, policy, rule.Zone, now, s => s.IsGood ? [] : reasons[s.Id]);
    }

    private static void Count(RetentionSet[] newestFirst, RetentionPolicy p, TimeZoneInfo zone, DateTimeOffset now, Func<RetentionSet, List<string>> reasons)
    {
        if (newestFirst.Length == 0)
        {
            return;
        }

        DateTimeOffset Local(RetentionSet s) => TimeZoneInfo.ConvertTime(s.Time, zone);
        Periods(p.Last, CatalogTexts.KeptLast, s => s.Id.ToString());
        // The offset tells apart the two hours of one name when summer time ends.
        Periods(p.Hourly, CatalogTexts.KeptHourly, s => Local(s).ToString("yyyyMMddHHzzz", CultureInfo.InvariantCulture));
        Periods(p.Daily, CatalogTexts.KeptDaily, s => Local(s).ToString("yyyyMMdd", CultureInfo.InvariantCulture));
        Periods(p.Weekly, CatalogTexts.KeptWeekly, s => string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(Local(s).DateTime)}-{ISOWeek.GetWeekOfYear(Local(s).DateTime)}"));
        Periods(p.Monthly, CatalogTexts.KeptMonthly, s => Local(s).ToString("yyyyMM", CultureInfo.InvariantCulture));
        Periods(p.Yearly, CatalogTexts.KeptYearly, s => Local(s).ToString("yyyy", CultureInfo.InvariantCulture));
        if (p.Within is { } within)
        {
            // Counted from the newest set; one with a date in the future (a clock that was wrong) must not age all the others.
            DateTimeOffset newest = newestFirst[0].Time < now ? newestFirst[0].Time : now;
            foreach (RetentionSet s in newestFirst.Where(s => newest - s.Time <= within))
            {
                reasons(s).Add(CatalogTexts.KeptWithin);
            }
        }

        void Periods(int count, string text, Func<RetentionSet, string> period)
        {
            HashSet<string> seen = new(StringComparer.Ordinal);
            foreach (RetentionSet s in newestFirst)
            {
                if (seen.Count >= count)
                {
                    return;
                }

                if (seen.Add(period(s)))
                {
                    reasons(s).Add(Text.Of(text, seen.Count));
                }
            }
        }
    }
}
