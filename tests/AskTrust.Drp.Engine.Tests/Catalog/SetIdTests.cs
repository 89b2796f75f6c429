using AskTrust.Drp.Engine.Catalog;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>Ids of sets and names of keys.</summary>
public sealed class SetIdTests
{
    [Theory]
    [InlineData("20260504T030000Z-full")]
    [InlineData("20240229T235959Z-safety")]
    [InlineData("20240229T235959Z-x9")]
    public void An_id_reads_back_the_same(string text)
    {
        Assert.True(SetId.TryParse(text, out SetId id));
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("20260504T030000Z-")]
    [InlineData("20260504T030000Z-Full")]
    [InlineData("20260504T030000Z-full ")]
    [InlineData("20260504T030000Z-full/x")]
    [InlineData("20260504T030000Z_full")]
    [InlineData("20260230T030000Z-full")]
    [InlineData("20260504T250000Z-full")]
    [InlineData("20260504T030000-full")]
    [InlineData("２０260504T030000Z-full")]
    [InlineData("20260504T030000Z-averyveryverylongkind")]
    [InlineData("..")]
    public void Anything_else_is_no_id(string text) => Assert.False(SetId.TryParse(text, out _));

    [Fact]
    public void A_clock_that_goes_backwards_neither_collides_nor_orders_wrongly()
    {
        DateTimeOffset now = new(2026, 5, 4, 3, 0, 0, 700, TimeSpan.Zero);
        SetId newest = CatalogFixture.Id("20260504T050000Z-full");
        SetId next = SetId.Next(now, "full", [CatalogFixture.Id("20260101T000000Z-full"), newest], out TimeSpan ahead);
        Assert.Equal("20260504T050001Z-full", next.ToString());
        Assert.True(next > newest);
        Assert.Equal(TimeSpan.FromHours(2), ahead);
    }

    [Fact]
    public void Two_sets_of_one_second_get_two_ids()
    {
        DateTimeOffset now = new(2026, 5, 4, 3, 0, 0, 700, TimeSpan.Zero);
        SetId first = SetId.Next(now, "safety", [], out TimeSpan ahead);
        Assert.Equal(("20260504T030000Z-safety", TimeSpan.Zero), (first.ToString(), ahead));
        Assert.Equal("20260504T030001Z-full", SetId.Next(now, "full", [first], out ahead).ToString());
        Assert.Equal(TimeSpan.Zero, ahead);
        Assert.Equal("20260504T030005Z-full", SetId.Next(now, "full", [CatalogFixture.Id("20260504T030004Z-full")], out ahead).ToString());
        Assert.Equal(TimeSpan.Zero, ahead);
    }

    [Theory]
    [InlineData("shop/sets/20260504T030000Z-full/db.dump", true)]
    [InlineData("shop/sets/20260504T030000Z-full/manifest.json", true)]
    [InlineData("shop/sets/20260504T030000Z-full/deep/er", false)]
    [InlineData("shop/sets/20260504T030000Z-full/", false)]
    [InlineData("shop/sets/20260504T030000Z-full", false)]
    [InlineData("shop/sets/notes/db.dump", false)]
    [InlineData("shopping/sets/20260504T030000Z-full/db.dump", false)]
    [InlineData("shop/evidence/000000000001.json", false)]
    public void Only_what_we_would_have_written_is_ours(string key, bool ours) => Assert.Equal(ours, new Keys("shop").TrySet(key, out _, out _));
}
