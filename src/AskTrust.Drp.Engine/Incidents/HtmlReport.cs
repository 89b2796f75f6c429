using System.Globalization;

namespace AskTrust.Drp.Engine.Incidents;

/// <summary>The report as one HTML page that needs nothing else: readable on a screen, on paper, by a manager and by an auditor.</summary>
internal sealed class HtmlReport(Report report)
{
    /// <summary>Longer lists of passed assertions and rows are folded.</summary>
    private const int Unfolded = 12;

    private readonly ReportLanguage _language = report.Language;

    /// <summary>The page.</summary>
    public string Write()
    {
        var body = new Html();
        bool many = report.Facts.Count > 1;
        if (many) Summary(body);
        for (int i = 0; i < report.Facts.Count; i++) Section(body, report.Facts[i], i + 1, many);
        // The style sheet is a constant of ours, the only text that goes in unescaped.
        return "<!DOCTYPE html>\n" + Html.Of($"""
            <html lang="{_language.Code}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="generator" content="{report.Tool}">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>{report.Title}</title>
            <style>

            """) + ReportStyle.Css + Html.Of($"""

            </style>
            </head>
            <body><main>
            {body}
            <footer>
            <p>{_language[nameof(IncidentsTexts.FooterMethod)]}</p>
            <p>{_language.Of(nameof(IncidentsTexts.FooterTool), report.Tool, _language.Moment(report.Written))}</p>
            </footer>
            </main></body>
            </html>

            """);
    }

    private void Summary(Html body)
    {
        body.Add($"""<header><p class="eyebrow">{_language[nameof(IncidentsTexts.ReportName)]}</p><h1>{report.Title}</h1></header><div class="panel"><table><thead><tr>""");
        foreach (string key in (string[])[nameof(IncidentsTexts.ColumnVerdict), nameof(IncidentsTexts.LabelComponent), nameof(IncidentsTexts.LabelSet), nameof(IncidentsTexts.MeasuredRto), nameof(IncidentsTexts.MeasuredRpo)])
            body.Add($"<th>{_language[key]}</th>");
        body.Add($"</tr></thead><tbody>");
        for (int i = 0; i < report.Facts.Count; i++)
        {
            var facts = report.Facts[i];
            body.Add($"""<tr><td>{Badge(facts.Verdict)}</td><td><a href="#test-{i + 1}">{facts.Result.Product} / {facts.Result.Component}</a></td><td class="mono">{facts.Result.Id}</td><td>{facts.Measured(facts.Rto)}</td><td>{facts.Measured(facts.Rpo)}</td></tr>""");
        }

        body.Add($"</tbody></table></div>");
    }

    private void Section(Html body, ReportFacts facts, int number, bool many)
    {
        var result = facts.Result;
        string title = _language.Of(nameof(IncidentsTexts.SectionTitle), result.Product, result.Component);
        body.Add($"""<section id="test-{number}">""");
        if (many) body.Add($"<h2>{title}</h2>");
        else body.Add($"""<header><p class="eyebrow">{_language[nameof(IncidentsTexts.ReportName)]}</p><h1>{title}</h1></header>""");
        body.Add($"""<p class="soft">{_language.Moment(result.Started)} · <span class="mono">{result.Id}</span> · {_language[nameof(IncidentsTexts.LabelRepository)]} {result.Repository}</p>""");
        body.Add($"""<div class="verdict {Class(facts.Verdict)}" role="status"><div class="mark" aria-hidden="true"><span>{Mark(facts.Verdict)}</span></div><div><strong>{facts.Headline}</strong><div class="why">{facts.Explanation}</div></div></div>""");

        body.Add($"""<div class="cards">""");
        ObjectiveCard(body, facts, _language[nameof(IncidentsTexts.MeasuredRto)], facts.Rto);
        ObjectiveCard(body, facts, _language[nameof(IncidentsTexts.MeasuredRpo)], facts.Rpo);
        int passed = result.Assertions.Count(a => a.Verdict == CheckVerdict.Ok);
        body.Add($"""<div class="card"><div class="label">{_language[nameof(IncidentsTexts.CardAssertions)]}</div><div class="value">{_language.Number(passed)} / {_language.Number(result.Assertions.Count)}</div><div class="note soft">{_language[nameof(IncidentsTexts.CardAssertionsNote)]}</div></div>""");
        if (result.Rows is { } rows)
            body.Add($"""<div class="card"><div class="label">{_language[nameof(IncidentsTexts.LabelRows)]}</div><div class="value">{_language.Number(rows)}</div><div class="note soft">{_language.Of(nameof(IncidentsTexts.CardRowsNote), _language.Bytes(result.Size))}</div></div>""");
        body.Add($"</div>");

        Phases(body, facts);
        if (result.Warnings.Count > 0)
        {
            body.Add($"""<h3>{_language[nameof(IncidentsTexts.HeadingWarnings)]}</h3><div class="panel"><ul class="plain">""");
            foreach (string warning in result.Warnings) body.Add($"<li>{warning}</li>");
            body.Add($"</ul></div>");
        }

        Assertions(body, facts, nameof(IncidentsTexts.HeadingAssertions), facts.Assertions, rows: false);
        Assertions(body, facts, nameof(IncidentsTexts.HeadingRowCounts), facts.RowCounts, rows: true);

        body.Add($"""<h3>{_language[nameof(IncidentsTexts.HeadingDetails)]}</h3><div class="panel"><table><tbody>""");
        foreach (var (label, value, code) in facts.Details())
            body.Add($"""<tr><th scope="row">{label}</th><td>{(code ? Html.Of($"<code>{value}</code>") : Html.Of($"{value}"))}</td></tr>""");
        body.Add($"</tbody></table></div></section>");
    }

    private static void ObjectiveCard(Html body, ReportFacts facts, string label, Objective objective)
    {
        string tone = objective.State switch { ObjectiveState.Met => "ok", ObjectiveState.Breached => "failed", _ => "soft" };
        body.Add($"""<div class="card"><div class="label">{label}</div><div class="value">{facts.Measured(objective)}</div>""");
        if (objective.Used is { } used)
            body.Add($"""<div class="meter {tone}"><i style="width:{Share(Math.Clamp(used, 0.01, 1))}"></i></div>""");
        body.Add($"""<div class="note {tone}">{facts.Standing(objective)}</div></div>""");
    }

    private void Phases(Html body, ReportFacts facts)
    {
        var phases = facts.Result.Phases;
        double total = phases.Sum(p => p.Elapsed.TotalSeconds);
        if (phases.Count == 0 || total <= 0) return;
        body.Add($"""<h3>{_language[nameof(IncidentsTexts.HeadingPhases)]}</h3><div class="panel"><div class="stack" aria-hidden="true">""");
        for (int i = 0; i < phases.Count; i++)
            body.Add($"""<i class="p{(i % 7) + 1}" style="width:{Share(phases[i].Elapsed.TotalSeconds / total)}"></i>""");
        body.Add($"""</div><table class="legend"><tbody>""");
        for (int i = 0; i < phases.Count; i++)
        {
            string bytes = phases[i].Bytes is { } count and > 0 ? _language.Bytes(count) : "";
            body.Add($"""<tr><td><span class="dot p{(i % 7) + 1}"></span>{facts.Phase(phases[i].Name)}</td><td class="num soft">{bytes}</td><td class="num soft">{_language.Percent(phases[i].Elapsed.TotalSeconds / total)}</td><td class="num">{_language.Duration(phases[i].Elapsed)}</td></tr>""");
        }

        body.Add($"</tbody></table></div>");
    }

    private void Assertions(Html body, ReportFacts facts, string heading, IReadOnlyList<AssertionResult> assertions, bool rows)
    {
        if (assertions.Count == 0) return;
        body.Add($"""<h3>{_language[heading]}</h3><div class="panel">""");
        int bad = assertions.Count(a => a.Verdict != CheckVerdict.Ok);
        // What failed is never folded away.
        int shown = assertions.Count <= Unfolded ? assertions.Count : bad;
        if (shown > 0) Table(body, assertions.Take(shown), rows);
        if (shown < assertions.Count)
        {
            string fold = _language.Of(rows ? nameof(IncidentsTexts.FoldRows) : nameof(IncidentsTexts.FoldAssertions), _language.Number(assertions.Count - shown));
            body.Add($"""<details><summary>{facts.Word(CheckVerdict.Ok)} · {fold}</summary>""");
            Table(body, assertions.Skip(shown), rows);
            body.Add($"</details>");
        }

        body.Add($"</div>");
    }

    private void Table(Html body, IEnumerable<AssertionResult> assertions, bool rows)
    {
        string tone = rows ? "num" : "";
        body.Add($"""<table><thead><tr><th>{_language[nameof(IncidentsTexts.ColumnVerdict)]}</th><th>{_language[nameof(IncidentsTexts.ColumnAssertion)]}</th><th class="{tone}">{_language[nameof(IncidentsTexts.ColumnExpected)]}</th><th class="{tone}">{_language[nameof(IncidentsTexts.ColumnActual)]}</th><th class="num">{_language[nameof(IncidentsTexts.ColumnTime)]}</th></tr></thead><tbody>""");
        foreach (var assertion in assertions)
        {
            string time = assertion.Elapsed > TimeSpan.Zero ? _language.Duration(assertion.Elapsed) : "";
            body.Add($"""<tr><td>{Badge(assertion.Verdict)}</td><td>{assertion.Name}</td><td class="{tone}">{Figure(assertion.Expected, rows)}</td><td class="{tone}">{Figure(assertion.Actual, rows)}</td><td class="num soft">{time}</td></tr>""");
        }

        body.Add($"</tbody></table>");
    }

    private string Figure(string? text, bool number) =>
        number && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? _language.Number(value) : text ?? "";

    private Html Badge(CheckVerdict verdict) => Html.Of($"""<span class="badge {Class(verdict)}">{ReportFacts.WordOf(verdict, _language)}</span>""");

    private static string Class(CheckVerdict verdict) => ResultJson.Name(verdict);

    private static string Mark(CheckVerdict verdict) => verdict switch { CheckVerdict.Ok => "✓", CheckVerdict.Warning => "!", CheckVerdict.Failed => "✕", _ => "–" };

    private static string Share(double part) => (part * 100).ToString("0.##", CultureInfo.InvariantCulture) + "%";
}
