using System.Text.Json;
using System.Xml.Linq;
using AskTrust.Drp.Engine.Incidents;

namespace AskTrust.Drp.Engine.Tests.Incidents;

public sealed class ReportTests
{
    private static readonly DateTimeOffset s_written = new(2026, 11, 21, 8, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("en", "This backup restores: proven.", "12 min 34 s", "25,761,940", "1.2 GiB")]
    [InlineData("fr", "Cette sauvegarde se restaure : c’est prouvé.", "12 min 34 s", "25 761 940", "1,2 Gio")]
    public void A_passed_test_is_told_in_both_languages(string language, string headline, string duration, string rows, string size)
    {
        foreach (var format in (ReportFormat[])[ReportFormat.Html, ReportFormat.Markdown])
        {
            string text = Plain(Render(format, language, Results.Passed()));
            Assert.Contains(headline, text, StringComparison.Ordinal);
            Assert.Contains(duration, text, StringComparison.Ordinal);
            Assert.Contains(rows, text, StringComparison.Ordinal);
            Assert.Contains(size, text, StringComparison.Ordinal);
            Assert.Contains(new string('a', 64), text, StringComparison.Ordinal);
            Assert.Contains(new string('e', 64), text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Hostile_names_are_escaped_in_html()
    {
        string html = Render(ReportFormat.Html, "en", Results.Failed());
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', html);
        Assert.DoesNotContain('\u0007', html);
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.Contains(@"\u{202E}evil\u{7}", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_names_make_no_markup_in_markdown()
    {
        string text = Render(ReportFormat.Markdown, "en", Results.Failed());
        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', text);
        Assert.DoesNotContain("\n# no heading", text, StringComparison.Ordinal);
        string row = text.Split('\n').Single(l => l.Contains("script", StringComparison.Ordinal) && l.StartsWith('|'));
        Assert.Equal(6, row.Count(c => c == '|'));
    }

    [Fact]
    public void The_page_needs_nothing_from_elsewhere_and_is_well_formed()
    {
        string html = Render(ReportFormat.Html, "fr", Results.Passed(), Results.Failed());
        foreach (string foreign in (string[])["src=", "href=\"h", "href='", "url(", "@import", "<script", "<link", "<img", "<iframe"])
            Assert.DoesNotContain(foreign, html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("default-src 'none'", html, StringComparison.Ordinal);
        string body = html[html.IndexOf("<body>", StringComparison.Ordinal)..html.IndexOf("</html>", StringComparison.Ordinal)];
        Assert.Equal(2, XElement.Parse(body).Descendants("section").Count());
    }

    [Theory]
    [InlineData(CheckVerdict.Ok, null, 4, CheckVerdict.Ok, "proven.")]
    [InlineData(CheckVerdict.Ok, true, 4, CheckVerdict.Ok, "proven.")]
    [InlineData(CheckVerdict.Ok, true, 0, CheckVerdict.Warning, "an objective is breached")]
    [InlineData(CheckVerdict.Ok, false, 4, CheckVerdict.Failed, "tester is broken")]
    [InlineData(CheckVerdict.Warning, null, 4, CheckVerdict.Warning, "with warnings")]
    [InlineData(CheckVerdict.Failed, null, 4, CheckVerdict.Failed, "could not be proven")]
    [InlineData(CheckVerdict.Skipped, null, 4, CheckVerdict.Skipped, "nothing is proven")]
    public void Every_verdict_has_its_headline(CheckVerdict verdict, bool? control, int rtoHours, CheckVerdict expected, string headline)
    {
        var result = Results.Passed() with { Verdict = verdict, NegativeControl = control, ObjectiveRto = rtoHours == 0 ? TimeSpan.FromMinutes(5) : TimeSpan.FromHours(rtoHours) };
        var report = Make("en", result);
        Assert.Equal(expected, report.Verdict);
        Assert.Contains(headline, Plain(ReportWriter.Render(report, ReportFormat.Html).Text), StringComparison.Ordinal);
        Assert.Contains(headline, Plain(ReportWriter.Render(report, ReportFormat.Markdown).Text), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_test_has_measured_no_recovery_time() => Assert.Equal(ObjectiveState.NotMeasured, Objective.Rto(Results.Failed()).State);

    [Fact]
    public void The_negative_control_is_no_part_of_the_recovery_time()
    {
        var result = Results.Passed();
        result = result with { Duration = result.Duration + TimeSpan.FromHours(5), Phases = [.. result.Phases, new(RestoreTestResult.NegativeControlPhase, TimeSpan.FromHours(5))] };
        Assert.Equal(new Objective(TimeSpan.FromSeconds(754.25), TimeSpan.FromHours(4)), Objective.Rto(result));
        Assert.Equal(CheckVerdict.Ok, Make("en", result).Verdict);
    }

    [Fact]
    public void Without_a_canary_the_recovery_point_is_not_called_met()
    {
        string text = Plain(Render(ReportFormat.Html, "en", Results.Passed() with { Canary = null, MeasuredRpo = null }));
        Assert.Contains("not measured; objective 24 h", text, StringComparison.Ordinal);
        Assert.Contains("no canary: the recovery point is not measured", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_list_of_row_counts_is_folded_but_a_failure_never()
    {
        string html = Render(ReportFormat.Html, "en", Results.Failed());
        Assert.Contains("40 tables", html, StringComparison.Ordinal);
        Assert.True(html.IndexOf("no heading", html.IndexOf("Row counts", StringComparison.Ordinal), StringComparison.Ordinal) < html.IndexOf("<details>", StringComparison.Ordinal));
    }

    [Fact]
    public void The_json_report_reads_back_the_same()
    {
        var original = Results.Failed();
        string json = Render(ReportFormat.Json, "en", original);
        var back = Assert.Single(ResultJson.ReadRestoreTests(System.Text.Encoding.UTF8.GetBytes(json)));
        Assert.Equal(JsonSerializer.Serialize(original), JsonSerializer.Serialize(back));
    }

    [Fact]
    public void Json_lines_read_back_the_same_and_other_lines_are_passed_over()
    {
        byte[] lines = [.. ResultJson.Line("message", new DrpMessage(DrpEventLevel.Warning, "x")), (byte)'\n', .. ResultJson.Line("restoreTest", Results.Passed()), (byte)'\n'];
        var back = Assert.Single(ResultJson.ReadRestoreTests(lines));
        Assert.Equal(JsonSerializer.Serialize(Results.Passed()), JsonSerializer.Serialize(back));
        Assert.Throws<DrpException>(() => ResultJson.ReadRestoreTests("no json"u8));
    }

    [Fact]
    public void A_json_line_begins_with_its_type_and_has_no_line_break()
    {
        string line = System.Text.Encoding.UTF8.GetString(ResultJson.Line("restoreTest", Results.Failed()));
        Assert.StartsWith("{\"type\":\"restoreTest\",\"plan\":\"/etc/shop/drp.yaml\",", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
        using var parsed = JsonDocument.Parse(line);
        Assert.Equal("failed", parsed.RootElement.GetProperty("verdict").GetString());
        Assert.Equal("VerificationFailed", parsed.RootElement.GetProperty("code").GetString());
        Assert.Equal(754.25m, parsed.RootElement.GetProperty("duration").GetDecimal());
    }

    [Fact]
    public async Task Files_are_named_after_the_test_and_hold_what_was_asked()
    {
        string folder = Directory.CreateTempSubdirectory("drp-report-").FullName;
        try
        {
            var files = await ReportWriter.WriteAsync([Results.Passed() with { Product = "../../etc" }], new ReportOptions { Folder = Path.Combine(folder, "new"), Language = "fr" }, TimeProvider.System, default);
            Assert.Equal([ReportFormat.Markdown, ReportFormat.Json, ReportFormat.Html], files.Select(f => f.Format));
            Assert.All(files, f => Assert.Equal(Path.Combine(folder, "new"), Path.GetDirectoryName(f.Path)));
            Assert.All(files, f => Assert.True(new FileInfo(f.Path).Length > 500));
            Assert.Equal(3, Directory.GetFiles(Path.Combine(folder, "new")).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Nothing_to_report_is_an_error()
    {
        var error = await Assert.ThrowsAsync<DrpException>(() => ReportWriter.WriteAsync([], new ReportOptions { Folder = "/nonexistent" }, TimeProvider.System, default));
        Assert.Equal(DrpError.RepositoryMissing, error.Code);
    }

    [Theory]
    [InlineData("a😀b", "a😀b")]
    [InlineData("\u001b[31m", @"\u{1B}[31m")]
    [InlineData(null, "")]
    public void What_is_invisible_becomes_visible(string? text, string shown) => Assert.Equal(shown, Visible.Of(text));

    [Fact]
    public void Half_a_surrogate_pair_is_replaced() => Assert.Equal("a\uFFFDb", Visible.Of("a\uD83Db"));

    private static Report Make(string language, params RestoreTestResult[] results) => new(results, ReportLanguage.For(language), s_written);

    private static string Render(ReportFormat format, string language, params RestoreTestResult[] results) => ReportWriter.Render(Make(language, results), format).Text;

    private static string Plain(string text) => System.Net.WebUtility.HtmlDecode(text).Replace('\u00A0', ' ').Replace('\u202F', ' ').Replace("\\", "", StringComparison.Ordinal);
}
