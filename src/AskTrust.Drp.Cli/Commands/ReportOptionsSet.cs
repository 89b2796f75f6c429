using System.CommandLine;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Commands;

/// <summary>Writing reports, shared by <c>drp report</c> and <c>drp test-restore --report</c>.</summary>
internal static class ReportOptionsSet
{
    /// <summary><c>--format</c>, repeatable.</summary>
    public static Option<ReportFormat[]> Formats() => Options.Named(new Option<ReportFormat[]>("--format") { Description = CliTexts.OptionFormat, DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true }, "markdown", "json", "html");

    /// <summary>Writes and tells the files.</summary>
    public static async Task WriteAsync(Run run, IReadOnlyList<RestoreTestResult> results, string folder, ReportFormat[] formats, CancellationToken ct)
    {
        var options = new ReportOptions { Folder = folder };
        if (formats.Length > 0) options = options with { Formats = formats };
        foreach (var file in await DrpSession.ExportReportAsync(results, options, ct))
            run.Emit("reportFile", file, () => Console.Out.WriteLine(DrpOutput.Visible(file.Path)));
    }
}
