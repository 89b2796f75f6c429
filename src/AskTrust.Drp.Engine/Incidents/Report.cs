namespace AskTrust.Drp.Engine.Incidents;

/// <summary>A report about one or more restore tests, ready to be written in any format.</summary>
internal sealed class Report
{
    /// <summary>Gathers what every format needs.</summary>
    public Report(IReadOnlyList<RestoreTestResult> results, ReportLanguage language, DateTimeOffset written)
    {
        Language = language;
        Written = written;
        Facts = [.. results.Select(r => new ReportFacts(r, language))];
        string product = string.Join(", ", results.Select(r => r.Product).Distinct(StringComparer.Ordinal));
        Title = language.Of(nameof(IncidentsTexts.ReportTitle), product, results.Max(r => r.Started).UtcDateTime.ToString(language.Code == "fr" ? "dd/MM/yyyy" : "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>The language.</summary>
    public ReportLanguage Language { get; }

    /// <summary>When the report was written.</summary>
    public DateTimeOffset Written { get; }

    /// <summary>Title.</summary>
    public string Title { get; }

    /// <summary>What is said about each test.</summary>
    public IReadOnlyList<ReportFacts> Facts { get; }

    /// <summary>Name and version of this tool.</summary>
    public string Tool { get; } = $"AskTrust.Drp {typeof(Report).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>The worst verdict; skipped is worse than passed, because nothing was proven.</summary>
    public CheckVerdict Verdict
    {
        get
        {
            foreach (var verdict in (CheckVerdict[])[CheckVerdict.Failed, CheckVerdict.Skipped, CheckVerdict.Warning])
            {
                if (Facts.Any(f => f.Verdict == verdict)) return verdict;
            }

            return CheckVerdict.Ok;
        }
    }
}
