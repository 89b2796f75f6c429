using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp diagnostics</c>: everything an operator wants to see first.</summary>
internal static class DiagnosticsCommand
{
    public static Command Build()
    {
        var bundle = new Option<FileInfo?>("--bundle", "-b") { Description = CliTexts.OptionBundle, HelpName = "FILE" };
        var lines = new Option<int>("--lines") { Description = CliTexts.OptionLines, HelpName = "N", DefaultValueFactory = _ => 5 };
        lines.Validators.Add(r => Options.Range(r, 0, 1000));
        var timeout = Options.Time("--timeout", CliTexts.OptionDiagnosticsTimeout);
        var command = new Command("diagnostics", CliTexts.CommandDiagnostics) { bundle, lines, timeout };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var options = new DiagnosticOptions { Bundle = run.Get(bundle)?.FullName, Lines = run.Get(lines) };
            if (run.Get(timeout) is { } time) options = options with { Timeout = time };
            var report = await session.DiagnosticsAsync(options, ct);
            run.Emit("diagnostics", report, () => ShowDiagnostics.All(Console.Out, run.Paint, report));
            // What could not be asked is told, and is what one wanted to know: 3, not a failure.
            return report.Sections().Any(s => s.Status == CheckVerdict.Failed) ? DrpError.Incomplete : DrpError.None;
        }));
        return command;
    }
}
