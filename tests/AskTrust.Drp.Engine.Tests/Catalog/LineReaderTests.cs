using System.Text;
using AskTrust.Drp.Engine.Catalog;

namespace AskTrust.Drp.Engine.Tests.Catalog;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("one\n")]
    [InlineData("one\n\nthree\nlast")]
    public void Lines_are_those_of_the_text(string text) => Assert.Equal(Expected(text), Read(text, 1));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1 << 20)]
    public void Lines_longer_than_the_buffer_and_any_size_of_reads(int piece)
    {
        string text = string.Join('\n', Enumerable.Range(0, 40).Select(i => new string((char)('a' + (i % 26)), i % 3 == 0 ? i * 9000 : i)));
        if (piece == 1) text = text[..200_000];
        Assert.Equal(Expected(text), Read(text, piece));
    }

    private static List<string> Expected(string text)
    {
        List<string> lines = [.. text.Split('\n')];
        if (lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        return lines;
    }

    private static List<string> Read(string text, int piece)
    {
        LineReader reader = new(new Pieces(Encoding.UTF8.GetBytes(text), piece));
        List<string> lines = [];
        while (reader.MoveNext()) lines.Add(Encoding.UTF8.GetString(reader.Current));
        return lines;
    }

    /// <summary>Gives a few bytes at a time, as a network file system may.</summary>
    private sealed class Pieces(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, piece));
    }
}
