using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Tests.Host;

public sealed class OwnerMarkTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void This_process_is_alive_also_after_a_trip_through_text()
    {
        var mark = OwnerMark.Parse(OwnerMark.Current + "\n");
        Assert.Equal(OwnerMark.Current, mark);
        Assert.Equal(OwnerState.Alive, mark!.Look());
    }

    [Fact]
    public void A_used_again_process_id_another_boot_and_a_dead_process_are_gone_another_host_is_elsewhere()
    {
        var mine = OwnerMark.Current;
        Assert.Equal(OwnerState.Gone, (mine with { Started = mine.Started - 1 }).Look());
        Assert.Equal(OwnerState.Gone, (mine with { Boot = "other" }).Look());
        Assert.Equal(OwnerState.Gone, (mine with { ProcessId = 4_194_304 }).Look());
        Assert.Equal(OwnerState.Elsewhere, (mine with { Host = "other" }).Look());
        Assert.Equal(OwnerState.Elsewhere, (mine with { Space = "pid:[1]" }).Look());
    }

    [Theory]
    [InlineData("")]
    [InlineData("drp1|a|b")]
    [InlineData("drp1|h|b|s|x|1")]
    [InlineData("drp9|h|b|s|1|1")]
    public void Anything_else_is_no_mark(string text) => Assert.Null(OwnerMark.Parse(text));

    [Fact]
    public async Task A_process_that_ended_is_gone()
    {
        OwnerMark mark;
        await using (var process = _host.Runner.Start(new Command("cat")))
        {
            string stat = await File.ReadAllTextAsync($"/proc/{process.Id}/stat");
            mark = OwnerMark.Current with
            {
                ProcessId = process.Id, Started = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture),
            };
            Assert.Equal(OwnerState.Alive, mark.Look());
        }

        Assert.Equal(OwnerState.Gone, mark.Look());
    }
}
