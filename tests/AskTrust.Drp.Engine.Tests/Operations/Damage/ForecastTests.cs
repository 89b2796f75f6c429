using AskTrust.Drp.Engine.Operations.Damage;

namespace AskTrust.Drp.Engine.Tests.Operations.Damage;

public sealed class ForecastTests
{
    private static readonly DateTimeOffset s_day = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_median_of_the_newest_five_that_succeeded_is_taken()
    {
        // The oldest of six counts no more, one that failed never did, one of another component neither.
        double[] seconds = [900, 10, 50, 20, 40, 30];
        List<EvidenceRecord> records = [.. seconds.Select((s, i) => Record("primary-switch", "db", s, s_day.AddDays(i)))];
        records.Add(Record("primary-switch", "db", 1, s_day.AddDays(9)) with { Status = RunStatus.Failed });
        records.Add(Record("primary-switch", "other", 1, s_day.AddDays(9)));
        Prediction? found = new Forecast(records, null).OfOperation("primary-switch", "db");
        Assert.Equal(new Prediction(TimeSpan.FromSeconds(30), 5, s_day.AddDays(5)), found);
    }

    [Fact]
    public void What_was_never_measured_is_not_predicted()
    {
        var forecast = new Forecast([Record("backup", "20260301T000000Z-full", 5, s_day)], null);
        Assert.Null(forecast.OfOperation("primary-switch", "db"));
        Assert.Null(forecast.OfPointInTime("db"));
        Assert.Null(forecast.OfTable("db"));
    }

    [Theory]
    [InlineData("/etc/drp.yaml", "drp prune --plan /etc/drp.yaml", "Invoke-DrpRetention -Plan /etc/drp.yaml")]
    [InlineData("/srv/it's $5/p.yaml", "drp prune --plan '/srv/it'\\''s $5/p.yaml'", "Invoke-DrpRetention -Plan '/srv/it''s $5/p.yaml'")]
    public void Commands_can_be_typed_as_they_stand(string plan, string shell, string powershell)
    {
        var typed = new Typed(plan);
        Assert.Equal(shell, typed.Drp("prune"));
        Assert.Equal(powershell, typed.Cmdlet("Invoke-DrpRetention"));
    }

    [Theory]
    [InlineData("public.orders", "public.orders")]
    [InlineData("app.\"Order \"\"x\"\"\"", "app.Order \"x\"")]
    public void Keys_of_manifests_lose_their_quotes(string key, string plain) => Assert.Equal(plain, TableNames.Plain(key));

    private static EvidenceRecord Record(string operation, string subject, double seconds, DateTimeOffset started) => new()
    {
        Sequence = 1, Operation = operation, Product = "shop", Subject = subject, Status = RunStatus.Succeeded, User = "u", Host = "h", Tool = "t", Started = started, Seconds = seconds, Previous = "", Digest = "",
    };
}
