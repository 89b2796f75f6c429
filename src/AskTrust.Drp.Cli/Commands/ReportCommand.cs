using System.CommandLine;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp report</c>: the report of restore tests made before.</summary>
internal static class ReportCommand
{
    public static Command Build()
    {
        var folder = new Option<string>("--out", "-o") { Description = CliTexts.OptionOut, HelpName = "DIR", DefaultValueFactory = _ => "." };
        var formats = ReportOptionsSet.Formats();
        var from = new Option<string?>("--from") { Description = CliTexts.OptionReportFrom, HelpName = "FILE" };
        var last = new Option<int>("--last") { Description = CliTexts.OptionReportLast, HelpName = "N" };
        last.Validators.Add(r => Options.Range(r, 1, 1000));
        var component = Options.Component();
        var command = new Command("report", CliTexts.CommandReport) { folder, formats, from, last, component };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            var results = run.Get(from) is { } file ? await ReadAsync(file, ct) : await HistoryAsync(run, ct);
            if (run.Get(component) is { } name) results = [.. results.Where(r => r.Component == name)];
            int count = run.Get(last);
            // Without a number: the newest test of each component.
            results = count > 0 ? [.. results.OrderByDescending(r => r.Started).Take(count)]
                : [.. results.GroupBy(r => r.Component, StringComparer.Ordinal).Select(g => g.MaxBy(r => r.Started)!)];
            await ReportOptionsSet.WriteAsync(run, results, run.Get(folder)!, run.Get(formats)!, ct);
            return DrpError.None;
        }));
        return command;
    }

    private static async Task<IReadOnlyList<RestoreTestResult>> ReadAsync(string file, CancellationToken ct)
    {
        if (file != "-") return DrpOutput.ReadRestoreTests(await File.ReadAllBytesAsync(file, ct));
        using var content = new MemoryStream();
        await Console.OpenStandardInput().CopyToAsync(content, ct);
        return DrpOutput.ReadRestoreTests(content.ToArray());
    }

    private static async Task<IReadOnlyList<RestoreTestResult>> HistoryAsync(Run run, CancellationToken ct)
    {
        await using var session = await run.OpenAsync(ct);
        var results = new List<RestoreTestResult>();
        await foreach (var result in session.RestoreTestHistoryAsync(ct)) results.Add(result);
        return results;
    }
}
