using AskTrust.Drp.Engine.Operations.Health;

namespace AskTrust.Drp.Engine.Tests.Operations;

public sealed class AvailabilityTests
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    // Minutes at which it was looked at; a minus: it did not answer. Then the minutes up and down.
    [InlineData(new[] { 0, 5, 10, 15 }, 15, 0)]
    [InlineData(new[] { 1, -5, 10, 15 }, 5, 9)]
    [InlineData(new[] { 1, -5, -6, 7, 8 }, 1, 6)]
    [InlineData(new[] { -1, -6, -11 }, 0, 10)]
    // Nobody looked for an hour: what was then, nobody knows.
    [InlineData(new[] { 0, 5, 65, 70 }, 10, 0)]
    [InlineData(new[] { 0, 5, -65, -70 }, 5, 5)]
    [InlineData(new[] { 7 }, 0, 0)]
    // A clock that was set back, and one look twice.
    [InlineData(new[] { 0, 5, 3, 3, 8 }, 8, 0)]
    public void Only_what_was_seen_counts_and_doubt_is_down(int[] looks, int up, int down)
    {
        IReadOnlyList<AvailabilitySpan> spans = [];
        foreach (int look in looks) spans = AvailabilitySpan.Add(spans, s_start.AddMinutes(Math.Abs(look)), look >= 0);
        Assert.Equal((TimeSpan.FromMinutes(up), TimeSpan.FromMinutes(down)), AvailabilitySpan.Sum(spans, s_start.AddMinutes(80)));
    }

    [Fact]
    public void Only_the_question_whether_it_answers_counts()
    {
        var answers = new HealthProbe("db", HealthKind.PostgreSql, _ => throw new NotSupportedException(), Answers: true);
        var check = new HealthCheck { Plan = "p", Name = "db", Kind = HealthKind.PostgreSql, Status = CheckVerdict.Failed, Time = s_start };
        Assert.True(Availability.IsMeant(answers, check));
        // A probe of its pair or its WAL that fails has the same name, and says nothing of the server.
        Assert.False(Availability.IsMeant(answers with { Answers = false }, check));
        Assert.False(Availability.IsMeant(answers, check with { Name = "db connections" }));
        Assert.False(Availability.IsMeant(answers, check with { Kind = HealthKind.Certificate }));
    }

    [Fact]
    public void What_is_older_than_the_window_is_forgotten_and_a_quiet_month_is_one_span()
    {
        IReadOnlyList<AvailabilitySpan> spans = [];
        for (int minute = 0; minute < 45 * 24 * 60; minute += 5) spans = AvailabilitySpan.Add(spans, s_start.AddMinutes(minute), minute is not (60 or 30_000));
        DateTimeOffset end = s_start.AddDays(45);
        Assert.Equal(3, spans.Count);
        var (up, down) = AvailabilitySpan.Sum(spans, end);
        Assert.Equal(TimeSpan.FromMinutes(10), down);
        Assert.Equal(TimeSpan.FromDays(30) - TimeSpan.FromMinutes(15), up);
    }
}
