using System.Text;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;

namespace AskTrust.Drp.Engine.Tests.Components.PostgreSql.Restore;

public sealed class SqlScriptReaderTests
{
    public static TheoryData<string, string[]> Scripts => new()
    {
        { "SELECT 1; SELECT 2;", ["Statement:SELECT 1;", "Statement: SELECT 2;"] },
        { "SELECT ';' ; SELECT 2;", ["Statement:SELECT ';' ;", "Statement: SELECT 2;"] },
        { "SELECT 'it''s;' ;", ["Statement:SELECT 'it''s;' ;"] },
        { @"SELECT E'\';' ;", [@"Statement:SELECT E'\';' ;"] },
        { @"SELECT date'\' ; SELECT 2;", [@"Statement:SELECT date'\' ;", "Statement: SELECT 2;"] },
        { "SELECT \"a;\"\"b\" ;", ["Statement:SELECT \"a;\"\"b\" ;"] },
        { "DO $$ ; $x$ ; $$ ;", ["Statement:DO $$ ; $x$ ; $$ ;"] },
        { "DO $a$ ; $$ ; $a$ ;", ["Statement:DO $a$ ; $$ ; $a$ ;"] },
        { "SELECT a$b$ ; SELECT 2;", ["Statement:SELECT a$b$ ;", "Statement: SELECT 2;"] },
        { "-- a;\nSELECT 1; /* ; /* ; */ ; */ SELECT 2;", ["Statement:-- a;\nSELECT 1;", "Statement: /* ; /* ; */ ; */ SELECT 2;"] },
        { "CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2);", ["Statement:CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2);"] },
        { "SELECT 1 / 2 - 3;", ["Statement:SELECT 1 / 2 - 3;"] },
        { "\\connect db\nSELECT 1;\n", ["MetaCommand:\\connect db\n", "Statement:SELECT 1;", "Trailer:\n"] },
        { "-- c\n\n\\restrict x\nSELECT 1;", ["Trailer:-- c\n\n", "MetaCommand:\\restrict x\n", "Statement:SELECT 1;"] },
        { "COPY t FROM stdin;\n1\ta;b'c\n\\\\.\n\\N\n\\.\nSELECT 1;", ["Statement:COPY t FROM stdin;", "CopyData:\n1\ta;b'c\n\\\\.\n\\N\n\\.\n", "Statement:SELECT 1;"] },
        { "COPY t FROM stdin;\r\n1\r\n\\.\r\nSELECT 1;", ["Statement:COPY t FROM stdin;", "CopyData:\r\n1\r\n\\.\r\n", "Statement:SELECT 1;"] },
        { "COPY \"from stdin\" TO 'x from stdin'; SELECT 1;", ["Statement:COPY \"from stdin\" TO 'x from stdin';", "Statement: SELECT 1;"] },
        { "SET standard_conforming_strings = off;SELECT '\\';' ;", ["Statement:SET standard_conforming_strings = off;", "Statement:SELECT '\\';' ;"] },
        { "SELECT 1", ["Statement:SELECT 1"] },
        { "SELECT 1 \\gexec\n", ["LongPart:SELECT 1 ", "MetaCommand:\\gexec\n"] },
    };

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task A_script_is_cut_where_psql_cuts_it_however_the_bytes_arrive(string script, string[] expected)
    {
        foreach (int step in (int[])[1, 2, 3, 7, 1000])
        {
            var (pieces, truncated) = await ReadAsync(script, step);
            Assert.Equal(expected, Join(pieces));
            Assert.False(truncated, $"step {step}");
        }
    }

    [Theory]
    [InlineData("COPY t FROM stdin;\n1\n")]
    [InlineData("SELECT 'abc")]
    [InlineData("DO $$ abc")]
    [InlineData("SELECT 1; /* abc")]
    [InlineData("SELECT \"abc")]
    public async Task A_script_that_ends_inside_data_or_quotes_is_truncated(string script) =>
        Assert.True((await ReadAsync(script, 5)).Truncated);

    [Fact]
    public async Task A_statement_longer_than_the_buffer_passes_in_parts_and_the_next_one_is_seen()
    {
        string big = "INSERT INTO t VALUES ('" + new string('x', 3_000_000) + ";');";
        var (pieces, truncated) = await ReadAsync(big + "DROP DATABASE x;", 64 * 1024);
        Assert.False(truncated);
        Assert.Equal(big, string.Concat(pieces.Where(p => p.StartsWith("LongPart:", StringComparison.Ordinal)).Select(p => p[9..])));
        Assert.Equal("Statement:DROP DATABASE x;", pieces[^1]);
    }

    [Fact]
    public async Task A_line_of_data_longer_than_the_buffer_passes_whole()
    {
        string script = "COPY t FROM stdin;\n" + new string('x', 3_000_000) + "\n\\.\nSELECT 1;";
        var (pieces, truncated) = await ReadAsync(script, 64 * 1024);
        Assert.False(truncated);
        Assert.Equal("Statement:SELECT 1;", pieces[^1]);
        Assert.Equal(script, string.Concat(pieces.Select(p => p[(p.IndexOf(':', StringComparison.Ordinal) + 1)..])));
    }

    private static string[] Join(List<string> pieces)
    {
        // Data may come in several pieces.
        var joined = new List<string>();
        foreach (string piece in pieces)
        {
            string kind = piece[..(piece.IndexOf(':', StringComparison.Ordinal) + 1)];
            if (kind == "CopyData:" && joined.Count > 0 && joined[^1].StartsWith(kind, StringComparison.Ordinal)) joined[^1] += piece[kind.Length..];
            else joined.Add(piece);
        }

        return [.. joined];
    }

    private static async Task<(List<string> Pieces, bool Truncated)> ReadAsync(string script, int step)
    {
        var reader = new SqlScriptReader(new Dribble(Encoding.UTF8.GetBytes(script), step));
        List<string> pieces = [];
        while (await reader.ReadAsync(default)) pieces.Add($"{reader.Piece}:{Encoding.UTF8.GetString(reader.Bytes.Span)}");
        return (pieces, reader.Truncated);
    }

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class Dribble(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
    }
}
