using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>
/// A plain table: columns as wide as what is in them, two blanks between, no frames, so that it reads well and cuts well
/// with other tools. Foreign text is made harmless on the way in.
/// </summary>
internal sealed class Table(params Table.Column[] columns)
{
    private readonly List<Cell[]> _rows = [];

    /// <summary>A column.</summary>
    internal sealed record Column(string Title, bool Right = false);

    /// <summary>A cell and how it is coloured.</summary>
    internal sealed record Cell(string Text, Func<string, string>? Paint = null)
    {
        public static implicit operator Cell(string? text) => new(text ?? "");
    }

    /// <summary>Number of rows.</summary>
    public int Count => _rows.Count;

    /// <summary>Adds a row.</summary>
    public void Add(params Cell[] cells) => _rows.Add([.. cells.Select(c => c with { Text = DrpOutput.Visible(c.Text) })]);

    /// <summary>Writes the table.</summary>
    public void Write(TextWriter writer, Paint paint)
    {
        int[] widths = [.. columns.Select((c, i) => _rows.Select(r => Width(r[i].Text)).Append(Width(c.Title)).Max())];
        writer.WriteLine(paint.Dim(Line([.. columns.Select(c => new Cell(c.Title))], widths)));
        foreach (var row in _rows) writer.WriteLine(Line(row, widths));
    }

    private string Line(Cell[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (int i = 0; i < cells.Length; i++)
        {
            bool last = i == cells.Length - 1;
            string blank = new(' ', widths[i] - Width(cells[i].Text));
            string text = cells[i].Paint is { } paint ? paint(cells[i].Text) : cells[i].Text;
            line.Append(columns[i].Right ? blank + text : last ? text : text + blank);
            if (!last) line.Append("  ");
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>Columns of a terminal that a text takes: wide East Asian characters and emoji take two, combining marks none.</summary>
    internal static int Width(string text)
    {
        int width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width += Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format ? 0
                : rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F)
                    or (>= 0xFF00 and <= 0xFF60) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1;
        }

        return width;
    }
}
