using AskTrust.Drp.Engine.Catalog;
using FsCheck;
using FsCheck.Fluent;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>What holds for every policy and every history.</summary>
public sealed class RetentionProperties
{
    private static readonly DateTimeOffset s_start = new(2023, 12, 20, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] s_zones = ["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"];

    private static Arbitrary<RetentionInput> Inputs => Arb.From(
        from count in Gen.Choose(1, 40)
        from sets in Gen.ListOf(Sets, count)
        from nightly in Policies
        from often in Policies
        from zone in Gen.Elements(s_zones)
        from over in Gen.Frequency((3, Gen.Constant<RetentionPolicy?>(null)), (1, Policies.Select(p => (RetentionPolicy?)p)))
        from ahead in Gen.Choose(-100, 1000)
        let distinct = sets.DistinctBy(s => s.Id).ToList()
        select new RetentionInput
        {
            Sets = distinct,
            Policy = over,
            Now = distinct.Max(s => s.Time).AddHours(ahead),
            Jobs = new Dictionary<string, RetentionRule>
            {
                ["nightly"] = new(nightly, TimeZoneInfo.FindSystemTimeZoneById(zone)),
                ["often"] = new(often, TimeZoneInfo.Utc),
            },
        });

    private static Gen<RetentionPolicy> Policies =>
        from last in Few
        from hourly in Few
        from daily in Few
        from weekly in Few
        from monthly in Few
        from yearly in Few
        from within in Gen.Frequency((4, Gen.Constant<TimeSpan?>(null)), (1, Gen.Choose(0, 60).Select(d => (TimeSpan?)TimeSpan.FromDays(d))))
        select new RetentionPolicy { Last = last, Hourly = hourly, Daily = daily, Weekly = weekly, Monthly = monthly, Yearly = yearly, Within = within };

    private static Gen<int> Few => Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 5)));

    private static Gen<RetentionSet> Sets =>
        from hours in Gen.Choose(0, 24 * 400)
        from kind in Gen.Frequency((5, Gen.Constant("full")), (1, Gen.Constant("safety")))
        from job in Gen.Elements("nightly", "often", "gone", null)
        from state in Gen.Frequency((8, Gen.Constant(SetState.Complete)), (1, Gen.Constant(SetState.Damaged)), (1, Gen.Constant(SetState.Unreadable)), (1, Gen.Constant(SetState.Incomplete)))
        from bad in Gen.Frequency((6, Gen.Constant(false)), (1, Gen.Constant(true)))
        from proven in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        from pinned in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        from components in Gen.Elements<string[]>(["db"], ["web"], ["db", "web"])
        let id = SetId.Of(s_start.AddHours(hours), kind)
        select new RetentionSet
        {
            Id = id,
            Time = id.Time,
            Modified = id.Time,
            State = state,
            Job = job,
            KnownBad = bad,
            Pinned = pinned,
            IsKnown = state is SetState.Complete or SetState.Damaged,
            Components = components,
            Proven = proven ? components.ToHashSet() : [],
        };

    [Fact]
    public void A_repository_is_never_emptied() => Check(input =>
        !input.Sets.Any(s => s.State == SetState.Complete) || Kept(input).Any(s => s.State == SetState.Complete));

    [Fact]
    public void The_newest_good_set_of_each_component_survives() => Check(input =>
        new[] { "db", "web" }.All(c => Newest(input.Sets, s => s.IsGood && s.Id.Kind == "full" && s.Components.Contains(c)) is not { } newest || Kept(input).Contains(newest)));

    [Fact]
    public void The_newest_proven_set_of_each_component_survives() => Check(input =>
        new[] { "db", "web" }.All(c => Newest(input.Sets, s => s.State == SetState.Complete && s.Proven.Contains(c)) is not { } newest || Kept(input).Contains(newest)));

    [Fact]
    public void Pinned_unreadable_and_young_safety_sets_survive() => Check(input => input.Sets
        .Where(s => (s.Pinned && s.State != SetState.Incomplete) || s.State == SetState.Unreadable
            || (s.Id.Kind == "safety" && s.IsKnown && input.Now - s.Time < Retention.SafetyAge))
        .All(s => Kept(input).Contains(s)));

    [Fact]
    public void Applied_twice_it_deletes_nothing_more() => Check(input => Kept(input with { Sets = Kept(input) }).Count == Kept(input).Count);

    [Fact]
    public void A_newer_set_resurrects_nothing() => CheckPair((input, newer) =>
    {
        HashSet<SetId> gone = [.. input.Sets.Except(Kept(input)).Select(s => s.Id)];
        DateTimeOffset time = input.Sets.Max(s => s.Time).AddHours(5);
        RetentionSet added = newer with { Id = SetId.Of(time, newer.Id.Kind), Time = time, Modified = time };
        RetentionInput later = input with { Sets = [.. input.Sets, added], Now = input.Now > time ? input.Now : time };
        return Kept(later).All(s => !gone.Contains(s.Id));
    });

    [Fact]
    public void A_bad_set_displaces_no_good_one() => CheckPair((input, other) =>
    {
        RetentionSet bad = other with { State = SetState.Complete, KnownBad = true, Pinned = false, IsKnown = true, Proven = new HashSet<string>() };
        if (input.Sets.Any(s => s.Id == bad.Id)) return true;
        HashSet<SetId> before = [.. Kept(input).Where(s => s.IsGood).Select(s => s.Id)];
        HashSet<SetId> after = [.. Kept(input with { Sets = [.. input.Sets, bad] }).Select(s => s.Id)];
        return before.IsSubsetOf(after);
    });

    [Fact]
    public void Every_decision_has_a_reason_and_every_set_one_decision() => Check(input =>
    {
        IReadOnlyList<RetentionVerdict> verdicts = Retention.Decide(input);
        return verdicts.Count == input.Sets.Count && verdicts.All(v => v.Reasons.Count > 0);
    });

    private static List<RetentionSet> Kept(RetentionInput input)
    {
        HashSet<SetId> kept = [.. Retention.Decide(input).Where(v => !v.Delete).Select(v => v.Id)];
        return [.. input.Sets.Where(s => kept.Contains(s.Id))];
    }

    private static RetentionSet? Newest(IEnumerable<RetentionSet> sets, Func<RetentionSet, bool> which) => sets.Where(which).MaxBy(s => s.Id);

    private static void Check(Func<RetentionInput, bool> property) =>
        FsCheck.Fluent.Prop.ForAll(Inputs, property).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    private static void CheckPair(Func<RetentionInput, RetentionSet, bool> property) =>
        FsCheck.Fluent.Prop.ForAll(Inputs, Arb.From(Sets), property).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
}
