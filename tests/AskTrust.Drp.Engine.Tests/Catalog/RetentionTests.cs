using AskTrust.Drp.Engine.Catalog;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>Retention by example: what an operator would check by hand.</summary>
public sealed class RetentionTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Days_that_have_a_set_count_not_calendar_days()
    {
        string[] kept = Keep(new() { Daily = 3 }, "20260101T030000Z", "20260301T030000Z", "20260301T150000Z", "20260420T030000Z", "20260504T030000Z");
        Assert.Equal(["20260301T150000Z", "20260420T030000Z", "20260504T030000Z"], kept);
    }

    [Fact]
    public void Fewer_sets_than_the_policy_wants_is_no_error() => Assert.Equal(2, Keep(new() { Daily = 30, Weekly = 12, Monthly = 12 }, "20260501T030000Z", "20260504T030000Z").Length);

    [Fact]
    public void Without_a_policy_nothing_goes()
    {
        Assert.Equal(3, Keep(new(), "20200101T030000Z", "20210101T030000Z", "20220101T030000Z").Length);
        Assert.Equal(3, Keep(null, "20200101T030000Z", "20210101T030000Z", "20220101T030000Z").Length);
    }

    [Fact]
    public void Rules_add_up_and_give_their_reasons()
    {
        RetentionVerdict[] verdicts = Decide(new() { Last = 1, Monthly = 2 }, "20260310T030000Z", "20260320T030000Z", "20260401T030000Z", "20260504T030000Z");
        Assert.Equal(["no rule keeps it"], verdicts[0].Reasons);
        Assert.Equal(["no rule keeps it"], verdicts[1].Reasons);
        Assert.Equal(["monthly 2"], verdicts[2].Reasons);
        Assert.Equal(["last good set", "last 1", "monthly 1"], verdicts[3].Reasons);
        Assert.Equal([true, true, false, false], verdicts.Select(v => v.Delete));
    }

    [Fact]
    public void Days_begin_where_the_job_lives()
    {
        // 23:30 UTC on 3 May is 4 May in Douala (UTC+1).
        string[] ids = ["20260503T120000Z", "20260503T233000Z", "20260504T030000Z"];
        Assert.Equal(["20260503T233000Z", "20260504T030000Z"], Keep(new() { Daily = 2 }, TimeZoneInfo.Utc, ids));
        Assert.Equal(["20260503T120000Z", "20260504T030000Z"], Keep(new() { Daily = 2 }, TimeZoneInfo.FindSystemTimeZoneById("Africa/Douala"), ids));
    }

    [Fact]
    public void The_hour_that_comes_twice_is_two_hours()
    {
        // Paris, 25 October 2026: 02:30 summer time is 00:30 UTC, 02:30 winter time is 01:30 UTC.
        TimeZoneInfo paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");
        DateTimeOffset now = new(2026, 10, 25, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(2, Keep(new() { Hourly = 2 }, paris, now, "20261024T233000Z", "20261025T003000Z", "20261025T013000Z").Length);
        Assert.Equal(["20261025T013000Z"], Keep(new() { Daily = 1 }, paris, now, "20261024T223000Z", "20261025T003000Z", "20261025T013000Z"));
        // Spring: 29 March 2026 has 23 hours, and both sides of midnight stay two days.
        Assert.Equal(2, Keep(new() { Daily = 2 }, paris, "20260328T223000Z", "20260328T233000Z").Length);
    }

    [Fact]
    public void A_leap_day_is_a_day_of_february()
    {
        Assert.Equal(["20240229T030000Z", "20240301T030000Z"], Keep(new() { Monthly = 2 }, "20240228T030000Z", "20240229T030000Z", "20240301T030000Z"));
        Assert.Equal(3, Keep(new() { Daily = 3 }, "20240228T030000Z", "20240229T030000Z", "20240301T030000Z").Length);
    }

    [Fact]
    public void The_last_days_of_december_may_be_of_the_first_week()
    {
        // 29 December 2025 (Monday) to 4 January 2026 (Sunday) are ISO week 1 of 2026.
        Assert.Equal(["20251228T030000Z", "20260104T030000Z"], Keep(new() { Weekly = 2 }, "20251228T030000Z", "20251229T030000Z", "20260101T030000Z", "20260104T030000Z"));
        Assert.Equal(["20251231T235959Z", "20260104T030000Z"], Keep(new() { Yearly = 2 }, "20251228T030000Z", "20251231T235959Z", "20260101T000000Z", "20260104T030000Z"));
    }

    [Fact]
    public void Within_counts_from_the_newest_set_so_a_stopped_schedule_deletes_nothing()
    {
        string[] ids = ["20250101T030000Z", "20250103T030000Z", "20250104T030000Z"];
        Assert.Equal(ids[1..], Keep(new() { Within = TimeSpan.FromDays(1) }, ids));
    }

    [Fact]
    public void A_set_with_a_date_in_the_future_does_not_age_the_others()
    {
        string[] ids = ["20260502T030000Z", "20260503T030000Z", "20380101T000000Z"];
        Assert.Equal(3, Keep(new() { Within = TimeSpan.FromDays(7) }, ids).Length);
        Assert.Equal(3, Keep(new() { Daily = 3 }, ids).Length);
    }

    [Fact]
    public void Each_job_counts_its_own_sets_and_sets_of_no_job_stay_as_long_as_any_policy_keeps_them()
    {
        RetentionInput input = new()
        {
            Now = s_now,
            Jobs = new Dictionary<string, RetentionRule> { ["nightly"] = new(new() { Last = 1 }, TimeZoneInfo.Utc), ["often"] = new(new() { Last = 2 }, TimeZoneInfo.Utc) },
            Sets =
            [
                Set("20260501T000000Z-full", "nightly"), Set("20260502T000000Z-full", "nightly"),
                Set("20260501T010000Z-full", "often"), Set("20260501T020000Z-full", "often"), Set("20260501T030000Z-full", "often"),
                Set("20260430T010000Z-full", null), Set("20260430T020000Z-full", "renamed"), Set("20260430T030000Z-full", null),
            ],
        };
        Assert.Equal(
            ["20260430T010000Z-full", "20260501T000000Z-full", "20260501T010000Z-full"],
            Retention.Decide(input).Where(v => v.Delete).Select(v => v.Id.ToString()));
        Assert.Equal(["20260501T000000Z-full"], Retention.Decide(input with { Job = "nightly" }).Where(v => v.Delete).Select(v => v.Id.ToString()));
        Assert.Equal(2, Retention.Decide(input with { Job = "nightly" }).Count);
    }

    [Fact]
    public void What_a_kept_set_builds_on_stays_whoever_keeps_it()
    {
        SetId first = SetId.Parse("20260401T000000Z-full"), second = SetId.Parse("20260402T000000Z-incremental");
        RetentionInput input = Input(new() { Last = 1 }, TimeZoneInfo.Utc, s_now) with
        {
            Sets =
            [
                Set(first.ToString()),
                Set(second.ToString()) with { Needs = [first] },
                Set("20260403T000000Z-incremental") with { Needs = [first, second], Pinned = true },
                Set("20260404T000000Z-incremental") with { Needs = [first, second] },
                Set("20260405T000000Z-full"),
            ],
        };
        RetentionVerdict[] verdicts = [.. Retention.Decide(input)];
        Assert.Equal([false, false, false, true, false], verdicts.Select(v => v.Delete));
        Assert.Equal(["20260403T000000Z-incremental builds on it"], verdicts[0].Reasons);
        Assert.Equal([true, true, true, true, false], Retention.Decide(input with { Sets = [.. input.Sets.Select(s => s with { Pinned = false })] }).Select(v => v.Delete));
    }

    [Fact]
    public void What_must_not_go_stays_whatever_the_policy_says()
    {
        RetentionInput input = Input(new() { Last = 1 }, TimeZoneInfo.Utc, s_now) with
        {
            Sets =
            [
                Set("20260401T000000Z-full") with { Pinned = true },
                Set("20260402T000000Z-full") with { Proven = new HashSet<string> { "db" } },
                Set("20260403T000000Z-full") with { Proven = new HashSet<string> { "db" } },
                Set("20260404T000000Z-full"),
                Set("20260405T000000Z-full") with { Components = ["web"] },
                Set("20260406T000000Z-full") with { State = SetState.Unreadable, IsKnown = false },
                Set("20260407T000000Z-full"),
                Set("20260408T000000Z-full") with { KnownBad = true },
            ],
        };
        Dictionary<string, RetentionVerdict> v = Retention.Decide(input).ToDictionary(x => x.Id.ToString()[..8]);
        Assert.Equal(["20260402", "20260404"], v.Where(x => x.Value.Delete).Select(x => x.Key).Order(StringComparer.Ordinal));
        Assert.Contains("pinned", v["20260401"].Reasons);
        Assert.Contains("newest proven", v["20260403"].Reasons);
        Assert.Contains("last good set", v["20260405"].Reasons);
        Assert.Contains("last good set", v["20260407"].Reasons);
        Assert.Contains("last 1", v["20260407"].Reasons);
        Assert.Equal(["last 1"], v["20260408"].Reasons);
    }

    [Fact]
    public void A_base_and_a_dump_are_no_substitute_for_each_other()
    {
        RetentionInput input = Input(new() { Last = 1 }, TimeZoneInfo.Utc, s_now) with
        {
            Sets = [Set("20260401T000000Z-base"), Set("20260410T000000Z-base"), Set("20260411T000000Z-full"), Set("20260412T000000Z-full")],
        };
        Assert.Equal(["20260401T000000Z-base", "20260411T000000Z-full"], Retention.Decide(input).Where(v => v.Delete).Select(v => v.Id.ToString()));
    }

    [Fact]
    public void Safety_sets_stay_a_week_and_take_no_place_of_an_ordinary_set()
    {
        RetentionInput input = Input(new() { Daily = 1 }, TimeZoneInfo.Utc, s_now) with
        {
            Sets = [Set("20260401T000000Z-safety"), Set("20260410T000000Z-safety"), Set("20260428T120000Z-safety"), Set("20260430T000000Z-full"), Set("20260503T000000Z-safety")],
        };
        Assert.Equal(["20260401T000000Z-safety", "20260410T000000Z-safety"], Retention.Decide(input).Where(v => v.Delete).Select(v => v.Id.ToString()));
    }

    [Fact]
    public void A_set_without_a_manifest_goes_only_when_nobody_writes_and_it_is_old_enough()
    {
        RetentionSet leftover = Set("20260504T000000Z-full", null) with { State = SetState.Incomplete, IsKnown = false };
        RetentionInput input = Input(new() { Last = 1 }, TimeZoneInfo.Utc, s_now) with { Sets = [leftover with { Modified = s_now - TimeSpan.FromHours(1) }] };
        Assert.True(Retention.Decide(input)[0].Delete);
        Assert.False(Retention.Decide(input with { Writing = true })[0].Delete);
        Assert.False(Retention.Decide(input with { Sets = [leftover with { Modified = s_now - TimeSpan.FromMinutes(5) }] })[0].Delete);
        Assert.True(Retention.Decide(input with { Job = "nightly" })[0].Delete);
    }

    internal static RetentionSet Set(string id, string? job = "nightly") => new()
    {
        Id = CatalogFixture.Id(id), Time = CatalogFixture.Id(id).Time, State = SetState.Complete, Job = job, Components = ["db"], Modified = CatalogFixture.Id(id).Time,
    };

    private static RetentionInput Input(RetentionPolicy? policy, TimeZoneInfo zone, DateTimeOffset now) =>
        new() { Sets = [], Now = now, Jobs = new Dictionary<string, RetentionRule> { ["nightly"] = new(policy, zone) } };

    private static RetentionVerdict[] Decide(RetentionPolicy? policy, params string[] times) =>
        [.. Retention.Decide(Input(policy, TimeZoneInfo.Utc, s_now) with { Sets = [.. times.Select(t => Set(t + "-full"))] })];

    private static string[] Keep(RetentionPolicy? policy, params string[] times) => Keep(policy, TimeZoneInfo.Utc, s_now, times);

    private static string[] Keep(RetentionPolicy? policy, TimeZoneInfo zone, params string[] times) => Keep(policy, zone, s_now, times);

    private static string[] Keep(RetentionPolicy? policy, TimeZoneInfo zone, DateTimeOffset now, params string[] times) =>
        [.. Retention.Decide(Input(policy, zone, now) with { Sets = [.. times.Select(t => Set(t + "-full"))] }).Where(v => !v.Delete).Select(v => v.Id.ToString()[..16])];
}
