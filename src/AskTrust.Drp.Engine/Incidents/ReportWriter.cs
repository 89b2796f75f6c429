using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AskTrust.Drp.Engine.Incidents;

/// <summary>Writes the report about restore tests as files.</summary>
internal static class ReportWriter
{
    /// <summary>Format of the JSON report.</summary>
    public const string JsonFormat = "asktrust-drp/restore-test-report";

    /// <summary>Writes one file per format into the folder, each complete or not at all.</summary>
    /// <param name="results">The tests; at least one.</param>
    /// <param name="options">Folder, formats, language.</param>
    /// <param name="clock">For the moment of writing.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The files.</returns>
    /// <exception cref="DrpException">Nothing to report, or the folder cannot be written.</exception>
    public static async Task<IReadOnlyList<ReportFile>> WriteAsync(IReadOnlyList<RestoreTestResult> results, ReportOptions options, TimeProvider clock, CancellationToken ct)
    {
        if (results.Count == 0) throw new DrpException(DrpError.RepositoryMissing, IncidentsTexts.NothingToReport) { Hint = IncidentsTexts.NothingToReportHint };
        var report = new Report(results, ReportLanguage.For(options.Language), clock.GetUtcNow());
        string folder = Path.GetFullPath(options.Folder);
        var files = new List<ReportFile>();
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var format in options.Formats.Distinct())
            {
                var (suffix, text) = Render(report, format);
                string path = Path.Combine(folder, Name(results) + suffix);
                string temporary = path + ".part";
                await File.WriteAllTextAsync(temporary, text, new UTF8Encoding(false), ct).ConfigureAwait(false);
                File.Move(temporary, path, overwrite: true);
                files.Add(new ReportFile { Path = path, Format = format, Title = report.Title, Verdict = report.Verdict });
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrpException(DrpError.Failed, Host.Text.Of(IncidentsTexts.CannotWrite, folder, e.Message), e) { Subject = folder, Hint = IncidentsTexts.CannotWriteHint };
        }

        return files;
    }

    /// <summary>The text of a report in one format, with the suffix of its file.</summary>
    internal static (string Suffix, string Text) Render(Report report, ReportFormat format) => format switch
    {
        ReportFormat.Markdown => (".md", new MarkdownReport(report).Write()),
        ReportFormat.Json => (".json", Json(report)),
        _ => (".html", new HtmlReport(report).Write()),
    };

    private static string Json(Report report)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("format", JsonFormat);
            writer.WriteNumber("version", 1);
            writer.WriteString("title", report.Title);
            writer.WriteString("verdict", ResultJson.Name(report.Verdict));
            writer.WriteString("written", report.Written);
            writer.WriteString("tool", report.Tool);
            writer.WriteStartArray("results");
            foreach (var facts in report.Facts) ResultJson.Write(writer, facts.Result);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>File name without suffix, made only of letters, digits, dots and dashes.</summary>
    private static string Name(IReadOnlyList<RestoreTestResult> results)
    {
        string time = results.Max(r => r.Started).UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        string subject = string.Join('-', results.Select(r => r.Product).Distinct(StringComparer.Ordinal));
        if (results.Count == 1) subject += "-" + results[0].Component;
        var safe = new StringBuilder("restore-test-");
        foreach (char c in subject.Length > 80 ? subject[..80] : subject) safe.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-');
        return safe.Append('-').Append(time).ToString();
    }
}
