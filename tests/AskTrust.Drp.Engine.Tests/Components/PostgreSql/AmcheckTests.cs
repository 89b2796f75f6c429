using AskTrust.Drp.Engine.Components.PostgreSql.Integrity;

namespace AskTrust.Drp.Engine.Tests.Components.PostgreSql;

public sealed class AmcheckTests
{
    [Fact]
    public void What_pg_amcheck_prints_is_read_with_its_place()
    {
        const string text = """
            btree index "shop.public.by_name":
                ERROR:  high key invariant violated for index "by_name"
                DETAIL:  Index tid=(1,38) points to heap tid=(0,38) page lsn=0/1.
            heap table "shop.app.Odd.name", block 3, offset 7:
                xmin 4026531839 equals or exceeds next valid transaction ID 0:731
            heap table "shop.public.t":
                ERROR:  invalid page in block 0 of relation base/5/16384
            something new
            """;
        Assert.Equal(
        [
            new Corruption(CorruptionKind.Index, "public.by_name", "ERROR:  high key invariant violated for index \"by_name\""),
            new Corruption(CorruptionKind.Table, "app.Odd.name", "block 3, offset 7 xmin 4026531839 equals or exceeds next valid transaction ID 0:731"),
            new Corruption(CorruptionKind.Table, "public.t", "ERROR:  invalid page in block 0 of relation base/5/16384"),
            new Corruption(CorruptionKind.Other, "", "something new"),
        ], Amcheck.Parse(text));
    }
}
