using AskTrust.Drp.Engine.Components.PostgreSql.Accidents;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;

namespace AskTrust.Drp.Engine.Tests.Components.PostgreSql.Accidents;

public sealed class AccidentFinderTests
{
    /// <summary>
    /// Lines of pg_waldump 15: DELETE of users; a rolled-back DELETE of other; one with savepoints; UPDATE of other; TRUNCATE of trunc1; VACUUM FULL and a
    /// rewriting ALTER TABLE of other; DROP of trunc1; tables made and truncated at once; DROP SCHEMA; RENAME; two CREATE DATABASE; DROP DATABASE. Of many
    /// records alike the first three are kept.
    /// </summary>
    private const string Captured = """
            rmgr: Heap        len (rec/tot):     59/  8247, tx:        728, lsn: 0/02000028, prev 0/01945860, desc: DELETE off 1 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16385 blk 0 FPW
            rmgr: Heap        len (rec/tot):     54/    54, tx:        728, lsn: 0/02002078, prev 0/02000028, desc: DELETE off 2 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16385 blk 0
            rmgr: Heap        len (rec/tot):     54/    54, tx:        728, lsn: 0/020020B0, prev 0/02002078, desc: DELETE off 3 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16385 blk 0
            rmgr: Transaction len (rec/tot):     34/    34, tx:        728, lsn: 0/02007F38, prev 0/02007F00, desc: COMMIT 2026-11-21 05:48:57.117291 UTC
            rmgr: Heap        len (rec/tot):     59/  8219, tx:        729, lsn: 0/02007F60, prev 0/02007F38, desc: DELETE off 1 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16392 blk 0 FPW
            rmgr: Heap        len (rec/tot):     54/    54, tx:        729, lsn: 0/02009F98, prev 0/02007F60, desc: DELETE off 2 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     54/    54, tx:        729, lsn: 0/02009FD0, prev 0/02009F98, desc: DELETE off 3 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Transaction len (rec/tot):     34/    34, tx:        729, lsn: 0/0201E880, prev 0/0201E848, desc: ABORT 2026-11-21 05:48:57.188830 UTC
            rmgr: Heap        len (rec/tot):     54/    54, tx:        731, lsn: 0/0201E8E8, prev 0/0201E8A8, desc: DELETE off 1 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     54/    54, tx:        731, lsn: 0/0201E920, prev 0/0201E8E8, desc: DELETE off 2 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     54/    54, tx:        731, lsn: 0/0201E958, prev 0/0201E920, desc: DELETE off 3 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     54/    54, tx:        732, lsn: 0/0201EB18, prev 0/0201EAE0, desc: DELETE off 20 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     54/    54, tx:        732, lsn: 0/0201EB50, prev 0/0201EB18, desc: DELETE off 21 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     54/    54, tx:        732, lsn: 0/0201EB88, prev 0/0201EB50, desc: DELETE off 22 flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Transaction len (rec/tot):     34/    34, tx:        732, lsn: 0/0201EC68, prev 0/0201EC30, desc: ABORT 2026-11-21 05:48:57.245073 UTC
            rmgr: Heap        len (rec/tot):     82/    82, tx:        733, lsn: 0/0201ECC8, prev 0/0201EC90, desc: UPDATE off 30 xmax 733 flags 0x00 ; new off 98 xmax 0, blkref #0: rel 1663/16384/16392 blk 4, blkref #1: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     82/    82, tx:        733, lsn: 0/0201ED58, prev 0/0201ED20, desc: UPDATE off 31 xmax 733 flags 0x00 ; new off 99 xmax 0, blkref #0: rel 1663/16384/16392 blk 4, blkref #1: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     82/    82, tx:        733, lsn: 0/0201EDE8, prev 0/0201EDB0, desc: UPDATE off 32 xmax 733 flags 0x00 ; new off 100 xmax 0, blkref #0: rel 1663/16384/16392 blk 4, blkref #1: rel 1663/16384/16392 blk 0
            rmgr: Transaction len (rec/tot):     50/    50, tx:        730, lsn: 0/0201F230, prev 0/0201F1D8, desc: COMMIT 2026-11-21 05:48:57.245189 UTC; subxacts: 731 733
            rmgr: Heap        len (rec/tot):     71/    71, tx:        734, lsn: 0/0201F2C8, prev 0/0201F268, desc: HOT_UPDATE off 10 xmax 734 flags 0x60 ; new off 227 xmax 0, blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     71/    71, tx:        734, lsn: 0/0201F310, prev 0/0201F2C8, desc: HOT_UPDATE off 11 xmax 734 flags 0x60 ; new off 228 xmax 0, blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     71/    71, tx:        734, lsn: 0/0201F358, prev 0/0201F310, desc: HOT_UPDATE off 12 xmax 734 flags 0x60 ; new off 229 xmax 0, blkref #0: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     82/    82, tx:        734, lsn: 0/0201F7C8, prev 0/0201F790, desc: UPDATE off 27 xmax 734 flags 0x00 ; new off 108 xmax 0, blkref #0: rel 1663/16384/16392 blk 4, blkref #1: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     82/    82, tx:        734, lsn: 0/0201F858, prev 0/0201F820, desc: UPDATE off 28 xmax 734 flags 0x00 ; new off 109 xmax 0, blkref #0: rel 1663/16384/16392 blk 4, blkref #1: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     82/    82, tx:        734, lsn: 0/0201F8E8, prev 0/0201F8B0, desc: UPDATE off 29 xmax 734 flags 0x00 ; new off 110 xmax 0, blkref #0: rel 1663/16384/16392 blk 4, blkref #1: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     82/    82, tx:        734, lsn: 0/02023AE8, prev 0/02023AB0, desc: UPDATE+INIT off 156 xmax 734 flags 0x00 ; new off 1 xmax 0, blkref #0: rel 1663/16384/16392 blk 5, blkref #1: rel 1663/16384/16392 blk 0
            rmgr: Heap        len (rec/tot):     82/    82, tx:        734, lsn: 0/0202BA68, prev 0/0202BA30, desc: UPDATE+INIT off 156 xmax 734 flags 0x00 ; new off 1 xmax 0, blkref #0: rel 1663/16384/16392 blk 6, blkref #1: rel 1663/16384/16392 blk 1
            rmgr: Heap        len (rec/tot):     82/    82, tx:        734, lsn: 0/020339E8, prev 0/020339B0, desc: UPDATE+INIT off 156 xmax 734 flags 0x00 ; new off 1 xmax 0, blkref #0: rel 1663/16384/16392 blk 7, blkref #1: rel 1663/16384/16392 blk 2
            rmgr: Transaction len (rec/tot):     34/    34, tx:        734, lsn: 0/02041CF8, prev 0/02041CA0, desc: COMMIT 2026-11-21 05:48:57.323782 UTC
            rmgr: Standby     len (rec/tot):     42/    42, tx:        735, lsn: 0/02041D20, prev 0/02041CF8, desc: LOCK xid 735 db 16384 rel 16395
            rmgr: Storage     len (rec/tot):     42/    42, tx:        735, lsn: 0/02041D50, prev 0/02041D20, desc: CREATE base/16384/16402
            rmgr: Standby     len (rec/tot):     42/    42, tx:        735, lsn: 0/02045468, prev 0/02043A70, desc: LOCK xid 735 db 16384 rel 16398
            rmgr: Storage     len (rec/tot):     42/    42, tx:        735, lsn: 0/02045498, prev 0/02045468, desc: CREATE base/16384/16403
            rmgr: Standby     len (rec/tot):     42/    42, tx:        735, lsn: 0/02046FB0, prev 0/02046F70, desc: LOCK xid 735 db 16384 rel 16400
            rmgr: Storage     len (rec/tot):     42/    42, tx:        735, lsn: 0/02046FE0, prev 0/02046FB0, desc: CREATE base/16384/16404
            rmgr: Standby     len (rec/tot):     42/    42, tx:        735, lsn: 0/020471C8, prev 0/02047138, desc: LOCK xid 735 db 16384 rel 16399
            rmgr: Storage     len (rec/tot):     42/    42, tx:        735, lsn: 0/020471F8, prev 0/020471C8, desc: CREATE base/16384/16405
            rmgr: Transaction len (rec/tot):    361/   361, tx:        735, lsn: 0/020473F0, prev 0/02047360, desc: COMMIT 2026-11-21 05:48:57.417623 UTC; rels: base/16384/16399 base/16384/16400 base/16384/16398 base/16384/16395; inval msgs: catcache 55
            rmgr: Standby     len (rec/tot):     42/    42, tx:        736, lsn: 0/02047560, prev 0/020473F0, desc: LOCK xid 736 db 16384 rel 16392
            rmgr: Standby     len (rec/tot):     42/    42, tx:        736, lsn: 0/02047590, prev 0/02047560, desc: LOCK xid 736 db 16384 rel 16406
            rmgr: Storage     len (rec/tot):     42/    42, tx:        736, lsn: 0/020475C0, prev 0/02047590, desc: CREATE base/16384/16406
            rmgr: Transaction len (rec/tot):   1029/  1029, tx:        736, lsn: 0/020656A8, prev 0/02065670, desc: COMMIT 2026-11-21 05:48:57.535514 UTC; rels: base/16384/16392; dropped stats: 2/16384/16406; inval msgs: catcache 55
            rmgr: Standby     len (rec/tot):     42/    42, tx:        737, lsn: 0/02065AB0, prev 0/020656A8, desc: LOCK xid 737 db 16384 rel 16392
            rmgr: Standby     len (rec/tot):     42/    42, tx:        737, lsn: 0/02065FC0, prev 0/02065F78, desc: LOCK xid 737 db 16384 rel 16410
            rmgr: Storage     len (rec/tot):     42/    42, tx:        737, lsn: 0/02065FF0, prev 0/02065FC0, desc: CREATE base/16384/16410
            rmgr: Transaction len (rec/tot):   1189/  1189, tx:        737, lsn: 0/02079CB8, prev 0/02079C80, desc: COMMIT 2026-11-21 05:48:57.604608 UTC; rels: base/16384/16406; dropped stats: 2/16384/16410; inval msgs: catcache 55
            rmgr: Standby     len (rec/tot):     42/    42, tx:        738, lsn: 0/0207A178, prev 0/02079CB8, desc: LOCK xid 738 db 16384 rel 16395
            rmgr: Standby     len (rec/tot):     42/    42, tx:        738, lsn: 0/0207A1A8, prev 0/0207A178, desc: LOCK xid 738 db 16384 rel 16398
            rmgr: Standby     len (rec/tot):     42/    42, tx:        738, lsn: 0/0207A1D8, prev 0/0207A1A8, desc: LOCK xid 738 db 16384 rel 16400
            rmgr: Standby     len (rec/tot):     42/    42, tx:        738, lsn: 0/0207A208, prev 0/0207A1D8, desc: LOCK xid 738 db 16384 rel 16399
            rmgr: Transaction len (rec/tot):   1245/  1245, tx:        738, lsn: 0/0207DA88, prev 0/0207DA50, desc: COMMIT 2026-11-21 05:48:57.665508 UTC; rels: base/16384/16402 base/16384/16403 base/16384/16405 base/16384/16404; dropped stats: 2/16384/16400 2/16384/16399 2/16384/16398 2/16384/16395; inval msgs: catcache 55
            rmgr: Standby     len (rec/tot):     42/    42, tx:        739, lsn: 0/0207DF68, prev 0/0207DA88, desc: LOCK xid 739 db 16384 rel 16413
            rmgr: Storage     len (rec/tot):     42/    42, tx:        739, lsn: 0/0207DF98, prev 0/0207DF68, desc: CREATE base/16384/16413
            rmgr: Storage     len (rec/tot):     46/    46, tx:        739, lsn: 0/020829D8, prev 0/02082998, desc: TRUNCATE base/16384/16413 to 0 blocks flags 7
            rmgr: Transaction len (rec/tot):    405/   405, tx:        739, lsn: 0/02082A08, prev 0/020829D8, desc: COMMIT 2026-11-21 05:48:57.728224 UTC; inval msgs: catcache 55
            rmgr: Standby     len (rec/tot):     42/    42, tx:        740, lsn: 0/02082BA0, prev 0/02082A08, desc: LOCK xid 740 db 16384 rel 16416
            rmgr: Storage     len (rec/tot):     42/    42, tx:        740, lsn: 0/02082BD0, prev 0/02082BA0, desc: CREATE base/16384/16416
            rmgr: Storage     len (rec/tot):     46/    46, tx:        740, lsn: 0/020859D8, prev 0/02085998, desc: TRUNCATE base/16384/16416 to 0 blocks flags 7
            rmgr: Transaction len (rec/tot):    405/   405, tx:        740, lsn: 0/02085A08, prev 0/020859D8, desc: COMMIT 2026-11-21 05:48:57.795158 UTC; inval msgs: catcache 55
            rmgr: Standby     len (rec/tot):     42/    42, tx:        741, lsn: 0/02086048, prev 0/02085F68, desc: LOCK xid 741 db 16384 rel 16420
            rmgr: Storage     len (rec/tot):     42/    42, tx:        741, lsn: 0/02086078, prev 0/02086048, desc: CREATE base/16384/16420
            rmgr: Transaction len (rec/tot):    437/   437, tx:        741, lsn: 0/02088E48, prev 0/02088E08, desc: COMMIT 2026-11-21 05:48:58.063342 UTC; inval msgs: catcache 55
            rmgr: Standby     len (rec/tot):     42/    42, tx:        742, lsn: 0/02089000, prev 0/02088E48, desc: LOCK xid 742 db 16384 rel 16420
            rmgr: Transaction len (rec/tot):    501/   501, tx:        742, lsn: 0/02089380, prev 0/02089348, desc: COMMIT 2026-11-21 05:48:58.120953 UTC; rels: base/16384/16420; dropped stats: 2/16384/16420; inval msgs: catcache 55
            rmgr: Standby     len (rec/tot):     42/    42, tx:        743, lsn: 0/02089578, prev 0/02089380, desc: LOCK xid 743 db 16384 rel 16385
            rmgr: Transaction len (rec/tot):    210/   210, tx:        743, lsn: 0/02089F08, prev 0/02089EC0, desc: COMMIT 2026-11-21 05:48:58.221102 UTC; inval msgs: catcache 55
            rmgr: Database    len (rec/tot):     34/    34, tx:        744, lsn: 0/0208A540, prev 0/0208A478, desc: CREATE_WAL_LOG create dir 1663/16423
            rmgr: Transaction len (rec/tot):     66/    66, tx:        744, lsn: 0/024C03A8, prev 0/024C0358, desc: COMMIT 2026-11-21 05:48:58.507166 UTC; inval msgs: catcache 55
            rmgr: Database    len (rec/tot):     42/    42, tx:        745, lsn: 0/024C05D0, prev 0/024C0558, desc: CREATE_FILE_COPY copy dir 1663/16384 to 1663/16424
            rmgr: Transaction len (rec/tot):     66/    66, tx:        745, lsn: 0/024C06B0, prev 0/024C0638, desc: COMMIT 2026-11-21 05:48:58.688794 UTC; inval msgs: catcache 55
            rmgr: Database    len (rec/tot):     38/    38, tx:        746, lsn: 0/024C0C10, prev 0/024C0B98, desc: DROP dir 1663/16384
            rmgr: Transaction len (rec/tot):     98/    98, tx:        746, lsn: 0/024C0C38, prev 0/024C0C10, desc: COMMIT 2026-11-21 05:48:58.896463 UTC; dropped stats: 1/16384/0; inval msgs: catcache 55
            """;

    private static readonly MappedDatabase s_shop = new(16384, "shop",
    [
        new(16385, 16385, 0, "public", "users", "r", null), new(16388, 16388, 0, "pg_toast", "pg_toast_16385", "t", 16385), new(16389, 16389, 0, "pg_toast", "pg_toast_16385_index", "i", 16388),
        new(16390, 16390, 0, "public", "users_pkey", "i", 16385), new(16392, 16392, 0, "public", "other", "r", null), new(16395, 16395, 0, "public", "trunc1", "r", null),
        new(16398, 16398, 0, "pg_toast", "pg_toast_16395", "t", 16395), new(16399, 16399, 0, "pg_toast", "pg_toast_16395_index", "i", 16398), new(16400, 16400, 0, "public", "trunc1_pkey", "i", 16395),
    ]);

    [Fact]
    public void Deleted_rows_are_counted_and_the_record_before_the_first_is_known()
    {
        var delete = Read(16385).Found[0];
        Assert.Equal((TableAction.Delete, 728u, 3L), (delete.Action, delete.Xid, delete.Rows!.Value));
        Assert.Equal(("0/2000028", "0/1945860", "0/2007F38"), (delete.Done.First.ToString(), delete.Done.Previous.ToString(), delete.Commit.ToString()));
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 5, 48, 57, TimeSpan.Zero).AddMicroseconds(117291), delete.Time);
    }

    [Fact]
    public void What_was_rolled_back_is_not_found_and_what_a_savepoint_kept_is()
    {
        var found = Read(16392).Found;
        Assert.DoesNotContain(found, a => a.Xid is 729 or 732);
        Assert.Equal([TableAction.Delete, TableAction.Update], found.Where(a => a.Xid == 730).Select(a => a.Action));
    }

    [Fact]
    public void A_rewrite_is_told_from_a_truncation_and_both_are_followed()
    {
        Assert.Equal([(TableAction.Rewrite, 736u), (TableAction.Rewrite, 737u)], Read(16392).Found.Where(a => a.Rows is null && a.Xid < 745).Select(a => (a.Action, a.Xid)));
        Assert.Equal([(TableAction.Truncate, 735u), (TableAction.Drop, 738u)], Read(16395).Found.Select(a => (a.Action, a.Xid)));
    }

    [Fact]
    public void A_dropped_database_takes_its_tables_with_it()
    {
        Assert.Equal((TableAction.Drop, 746u), (Read(16385).Found[^1].Action, Read(16385).Found[^1].Xid));
        Assert.True(Read(16385).Found[^1].Done.DatabaseGone);
    }

    [Fact]
    public void Lines_read_twice_count_once()
    {
        var finder = Read(16385);
        long records = finder.Records;
        foreach (string line in Captured.Split('\n')) finder.Read(line);
        Assert.Equal(records, finder.Records);
        Assert.Equal(2, finder.Found.Count);
    }

    [Fact]
    public void Tables_that_swapped_files_together_are_lost_and_that_is_an_error()
    {
        // Two tables lost their files and one new file was made: whose it is, is not in the WAL.
        const string lines = """
            rmgr: Storage     len (rec/tot):     42/    42, tx:        800, lsn: 0/03000028, prev 0/03000000, desc: CREATE base/16384/17000
            rmgr: Transaction len (rec/tot):    361/   361, tx:        800, lsn: 0/03000058, prev 0/03000028, desc: COMMIT 2026-11-21 05:48:57.417623 UTC; rels: base/16384/16392 base/16384/16385
            """;
        var finder = new AccidentFinder([new MappedMoment(default, s_shop, "")], new HashSet<uint> { 16385 }, 15);
        var error = Assert.Throws<DrpException>(() => { foreach (string line in lines.Split('\n')) finder.Read(line); });
        Assert.Contains("800", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rmgr: Heap        len (rec/tot):     54/    54, tx: many, lsn: 0/0207DA18, prev 0/0207D9E0, desc: DELETE off 43")]
    [InlineData("rmgr: Transaction len (rec/tot):     34/    34, tx:        728, lsn: 0/02007F38, prev 0/02007F00, desc: COMMIT 2026-11-21 05:48:57.117291 CET")]
    public void A_line_that_is_not_understood_is_an_error(string line)
    {
        var finder = new AccidentFinder([new MappedMoment(default, s_shop, "")], new HashSet<uint> { 16385 }, 15);
        Assert.Contains(line, Assert.Throws<DrpException>(() => finder.Read(line)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("first record is after 0/1500000, at 0/15000B8, skipping over 184 bytes"), InlineData("")]
    public void Notices_are_no_records(string line) => Assert.False(WalLine.TryRead(line, out _));

    private static AccidentFinder Read(uint relation)
    {
        var finder = new AccidentFinder([new MappedMoment(default, s_shop, "")], new HashSet<uint> { relation }, 15);
        foreach (string line in Captured.Split('\n')) finder.Read(line);
        return finder;
    }
}
