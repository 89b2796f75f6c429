using AskTrust.Drp.Engine.Components.PostgreSql.Archive;

namespace AskTrust.Drp.Engine.Tests.Components.PostgreSql;

public sealed class DumpArchiveReaderTests
{
    [Theory]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    public void Rows_and_large_objects_are_counted_in_every_version_however_the_bytes_are_cut(int minor)
    {
        byte[] bytes = Sample(minor).Build();
        foreach (int piece in (int[])[1, 2, 3, 7, 64, 1000, bytes.Length])
        {
            DumpArchive archive = Read(bytes, piece);
            Assert.Equal((DumpArchiveState.Complete, null), (archive.State, archive.Problem));
            Assert.Equal($"1.{minor}", archive.Format);
            Assert.Equal("15.1", archive.ServerVersion);
            Assert.Equal(new Dictionary<string, long> { ["public.one"] = 3, ["public.none"] = 0, ["odd.\"no columns\""] = 2, ["odd.\"Dots\""] = 1 }, archive.Rows);
            Assert.Equal(2, archive.LargeObjects);
            Assert.Equal(4, archive.Entries.Count(e => e.Kind == "TABLE"));
        }
    }

    [Fact]
    public void A_dump_cut_anywhere_is_never_complete()
    {
        byte[] bytes = Sample(14).Build();
        for (int length = 0; length < bytes.Length; length++)
            Assert.Equal(DumpArchiveState.Truncated, Read(bytes[..length], 50).State);
    }

    [Fact]
    public void Bytes_after_the_last_block_are_damage()
    {
        byte[] bytes = [.. Sample(14).Build(), 0];
        Assert.Equal(DumpArchiveState.Damaged, Read(bytes, 50).State);
    }

    [Fact]
    public void A_block_that_no_entry_announces_is_damage()
    {
        byte[] bytes = Sample(14).Build();
        byte[] twice = [.. bytes, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal(DumpArchiveState.Damaged, Read(twice, 50).State);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(17)]
    public void An_unknown_version_is_said_to_be_unknown(int minor)
    {
        DumpArchive archive = Read(Sample(minor).Build(), 100);
        Assert.Equal((DumpArchiveState.Unknown, $"1.{minor}"), (archive.State, archive.Problem));
        Assert.Null(archive.Rows);
    }

    [Fact]
    public void Other_bytes_are_unknown()
    {
        Assert.Equal(DumpArchiveState.Unknown, Read([.. "-- PostgreSQL database dump\n"u8], 5).State);
    }

    [Fact]
    public void A_compressed_archive_is_complete_but_not_counted()
    {
        DumpArchive archive = Read(new DumpArchiveBuilder(16) { Compressed = true }.Table("public", "t", "zzz").Build(), 9);
        Assert.Equal(DumpArchiveState.Complete, archive.State);
        Assert.Null(archive.Rows);
    }

    [Fact]
    public void An_archive_of_a_real_pg_dump_is_read()
    {
        byte[] bytes = File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "Components", "PostgreSql", "Samples", "pg15-pipe.dump"));
        foreach (int piece in (int[])[1, 13, bytes.Length])
        {
            DumpArchive archive = Read(bytes, piece);
            Assert.Equal((DumpArchiveState.Complete, "1.14"), (archive.State, archive.Format));
            Assert.Equal(new Dictionary<string, long> { ["public.a"] = 7, ["public.\"b c\""] = 3, ["public.empty"] = 0 }, archive.Rows);
            Assert.Equal(2, archive.LargeObjects);
            Assert.StartsWith("15.", archive.ToolVersion, StringComparison.Ordinal);
        }

        for (int length = 0; length < bytes.Length; length++) Assert.NotEqual(DumpArchiveState.Complete, Read(bytes[..length], bytes.Length).State);
    }

    [Fact]
    public void A_compressed_archive_in_a_file_is_read_too()
    {
        byte[] bytes = File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "Components", "PostgreSql", "Samples", "pg15-file-compressed.dump"));
        DumpArchive archive = Read(bytes, 100);
        Assert.Equal((DumpArchiveState.Complete, 3), (archive.State, archive.Entries.Count(e => e.Kind == "TABLE DATA")));
        Assert.Null(archive.Rows);
        Assert.Equal(2, archive.LargeObjects);
    }

    private static DumpArchiveBuilder Sample(int minor) => new DumpArchiveBuilder(minor)
        .Table("public", "one", "1\ta\n", "2\tb", "\n3\t\\\\.\n")
        .Table("public", "none")
        .Table("odd", "no columns", "\n", "\n")
        .LargeObjects(900001, 900002)
        .Table("odd", "Dots", "\\\\.\n");

    private static DumpArchive Read(byte[] bytes, int piece)
    {
        var reader = new DumpArchiveReader();
        for (int at = 0; at < bytes.Length; at += piece) reader.Feed(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)));
        return reader.Finish();
    }
}
