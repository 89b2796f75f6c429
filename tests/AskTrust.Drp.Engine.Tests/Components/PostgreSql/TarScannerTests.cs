using System.Formats.Tar;
using System.Text;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;

namespace AskTrust.Drp.Engine.Tests.Components.PostgreSql;

public sealed class TarScannerTests
{
    private const string List = """
        { "PostgreSQL-Backup-Manifest-Version": 1, "Files": [],
        "WAL-Ranges": [
        { "Timeline": 3, "Start-LSN": "2/A0000028", "End-LSN": "2/A1000100" }
        ],
        "Manifest-Checksum": "00"}
        """;

    [Theory, InlineData(1), InlineData(511), InlineData(512), InlineData(4097), InlineData(1 << 20)]
    public void Pieces_of_any_size_show_the_same(int piece)
    {
        byte[] tar = Make();
        var scanner = new TarScanner();
        for (int at = 0; at < tar.Length; at += piece) scanner.Feed(tar.AsSpan(at, Math.Min(piece, tar.Length - at)));
        Assert.Null(scanner.Problem);
        Assert.Equal(3, scanner.Files);
        Assert.True(scanner is { HasControlFile: true, HasFileList: true });
        Assert.Equal(new BaseRange(3, "2/A0000028", "2/A1000100"), BaseRange.Find(scanner.FileListEnd));
    }

    [Fact]
    public void Every_cut_is_noticed()
    {
        byte[] tar = Make();
        int content = tar.Length - (tar.Length % 512);
        while (!tar.AsSpan(content - 512, 512).ContainsAnyExcept((byte)0)) content -= 512;
        for (int length = 0; length <= content; length += 97)
        {
            var scanner = new TarScanner();
            scanner.Feed(tar.AsSpan(0, length));
            Assert.NotNull(scanner.Problem);
        }
    }

    [Fact]
    public void What_is_no_tar_is_said_to_be_none()
    {
        var scanner = new TarScanner();
        scanner.Feed(Encoding.ASCII.GetBytes(new string('x', 4096)));
        Assert.NotNull(scanner.Problem);
    }

    [Fact]
    public void A_list_without_ranges_has_none() => Assert.Null(BaseRange.Find("{ \"Files\": [] }"));

    private static byte[] Make()
    {
        using var memory = new MemoryStream();
        using (var writer = new TarWriter(memory, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "base/"));
            Add(writer, "base/1", new string('a', 3000));
            Add(writer, "global/pg_control", new string('c', 8192));
            Add(writer, "backup_manifest", new string(' ', 10_000) + List);
        }

        return memory.ToArray();
    }

    private static void Add(TarWriter writer, string name, string text) =>
        writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.ASCII.GetBytes(text)) });
}
