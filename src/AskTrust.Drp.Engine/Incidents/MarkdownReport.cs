using System.Globalization;
using System.Text;

namespace AskTrust.Drp.Engine.Incidents;

/// <summary>The report as Markdown (GitHub flavour): for tickets, wikis and pull requests.</summary>
internal sealed class MarkdownReport(Report report)
{
    private readonly ReportLanguage _language = report.Language;
    private readonly StringBuilder _text = new();

    /// <summary>The text.</summary>
    public string Write()
    {
        Line($"# {Escape(report.Title)}");
        if (report.Facts.Count > 1)
        {
            Head(nameof(IncidentsTexts.ColumnVerdict), nameof(IncidentsTexts.LabelComponent), nameof(IncidentsTexts.LabelSet), nameof(IncidentsTexts.MeasuredRto), nameof(IncidentsTexts.MeasuredRpo));
            foreach (var facts in report.Facts)
                Row(facts.Word(facts.Verdict), $"{facts.Result.Product} / {facts.Result.Component}", facts.Result.Id, facts.Measured(facts.Rto), facts.Measured(facts.Rpo));
            Line();
        }

        foreach (var facts in report.Facts) Section(facts);
        Line("---");
        Line(Escape(_language[nameof(IncidentsTexts.FooterMethod)]));
        Line();
        Line(Escape(_language.Of(nameof(IncidentsTexts.FooterTool), report.Tool, _language.Moment(report.Written))));
        return _text.ToString();
    }

    private void Section(ReportFacts facts)
    {
        var result = facts.Result;
        Line();
        Line($"## {Escape(_language.Of(nameof(IncidentsTexts.SectionTitle), result.Product, result.Component))}");
        Line();
        Line($"**{Escape(facts.Word(facts.Verdict))} — {Escape(facts.Headline)}**");
        Line();
        if (facts.Explanation.Length > 0)
        {
            Line(Escape(facts.Explanation));
            Line();
        }

        Head(nameof(IncidentsTexts.ColumnMeasure), nameof(IncidentsTexts.ColumnMeasured), nameof(IncidentsTexts.ColumnObjective));
        Row(_language[nameof(IncidentsTexts.MeasuredRto)], facts.Measured(facts.Rto), facts.Standing(facts.Rto));
        Row(_language[nameof(IncidentsTexts.MeasuredRpo)], facts.Measured(facts.Rpo), facts.Standing(facts.Rpo));
        Line();

        if (result.Phases.Count > 0)
        {
            Heading(nameof(IncidentsTexts.HeadingPhases));
            Head(nameof(IncidentsTexts.ColumnPhase), nameof(IncidentsTexts.ColumnTime), nameof(IncidentsTexts.LabelSize));
            foreach (var phase in result.Phases) Row(facts.Phase(phase.Name), _language.Duration(phase.Elapsed), phase.Bytes is { } bytes and > 0 ? _language.Bytes(bytes) : "");
            Line();
        }

        if (result.Warnings.Count > 0)
        {
            Heading(nameof(IncidentsTexts.HeadingWarnings));
            foreach (string warning in result.Warnings) Line($"- {Escape(warning)}");
            Line();
        }

        Table(nameof(IncidentsTexts.HeadingAssertions), facts, facts.Assertions, rows: false);
        Table(nameof(IncidentsTexts.HeadingRowCounts), facts, facts.RowCounts, rows: true);
        Heading(nameof(IncidentsTexts.HeadingDetails));
        Head(nameof(IncidentsTexts.ColumnMeasure), nameof(IncidentsTexts.ColumnValue));
        foreach (var (label, value, _) in facts.Details()) Row(label, value);
        Line();
    }

    private void Table(string heading, ReportFacts facts, IReadOnlyList<AssertionResult> assertions, bool rows)
    {
        if (assertions.Count == 0) return;
        Heading(heading);
        Head(nameof(IncidentsTexts.ColumnVerdict), nameof(IncidentsTexts.ColumnAssertion), nameof(IncidentsTexts.ColumnExpected), nameof(IncidentsTexts.ColumnActual), nameof(IncidentsTexts.ColumnTime));
        foreach (var a in assertions)
            Row(facts.Word(a.Verdict), a.Name, Figure(a.Expected, rows), Figure(a.Actual, rows), a.Elapsed > TimeSpan.Zero ? _language.Duration(a.Elapsed) : "");
        Line();
    }

    private string Figure(string? text, bool number) =>
        number && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? _language.Number(value) : text ?? "";

    private void Heading(string key)
    {
        Line($"### {Escape(_language[key])}");
        Line();
    }

    private void Head(params IReadOnlyList<string> keys)
    {
        Row([.. keys.Select(k => _language[k])]);
        Line("|" + string.Concat(Enumerable.Repeat("---|", keys.Count)));
    }

    private void Row(params IReadOnlyList<string> cells) => Line("| " + string.Join(" | ", cells.Select(Escape)) + " |");

    private void Line(string text = "") => _text.Append(text).Append('\n');

    /// <summary>Plain text for Markdown: what would be markup, HTML or a new table cell stays what it is.</summary>
    private static string Escape(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (char c in Visible.Of(text, keepBreaks: true))
        {
            if (c == '\n') safe.Append("<br>");
            else if (c == '<') safe.Append("&lt;");
            else if (c == '>') safe.Append("&gt;");
            else if (c == '&') safe.Append("&amp;");
            else if (c == '|') safe.Append("&#124;");
            else if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '#' or '~') safe.Append('\\').Append(c);
            else safe.Append(c);
        }

        return safe.ToString();
    }
}
