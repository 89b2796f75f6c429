using AskTrust.Drp.Engine.Catalog.Wal;

namespace AskTrust.Drp.Engine.Tests.Catalog.Wal;

public sealed class WalNameTests
{
    [Theory]
    [InlineData("000000010000000000000003", WalKind.Segment)]
    [InlineData("000000010000000000000003.partial", WalKind.Partial)]
    [InlineData("000000010000000000000003.00000028.backup", WalKind.BackupLabel)]
    [InlineData("00000002.history", WalKind.History)]
    [InlineData("000000010000000000000003.00000000-00002000.part", WalKind.Piece)]
    internal void Names_of_PostgreSql_are_read(string text, WalKind kind) => Assert.Equal(kind, WalName.Parse(text).Kind);

    [Theory]
    [InlineData("00000001000000000000000")]
    [InlineData("000000010000000000000003.bak")]
    [InlineData("000000010000000000000003\n")]
    [InlineData("../00000010000000000000003")]
    [InlineData("000000000000000000000003")]
    [InlineData("00000001000000000000000a")]
    [InlineData("000000010000000000000003.00002000-00002000.part")]
    public void Anything_else_is_no_name(string text) => Assert.Null(WalName.TryParse(text));

    [Theory]
    [InlineData("0/3000028", 16 << 20, "000000010000000000000003")]
    [InlineData("1/0", 16 << 20, "000000010000000100000000")]
    [InlineData("0/FFFFFFFF", 16 << 20, "0000000100000000000000FF")]
    [InlineData("16/B374D848", 64 << 20, "00000001000000160000002C")]
    public void A_position_lies_in_its_segment(string lsn, int size, string name)
    {
        WalName segment = WalName.At(1, Lsn.Parse(lsn), size);
        Assert.Equal(name, segment.Text);
        Assert.True(segment.Start(size) <= Lsn.Parse(lsn) && Lsn.Parse(lsn) < segment.Next(size).Start(size));
    }

    [Fact]
    public void After_the_last_segment_of_an_id_comes_the_first_of_the_next() =>
        Assert.Equal("000000010000000100000000", WalName.Parse("0000000100000000000000FF").Next(16 << 20).Text);
}
