using System.CommandLine;
using AskTrust.Drp.Cli.Demo;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Build()
    {
        var keep = new Option<string?>("--keep") { Description = CliTexts.OptionKeepFolder, HelpName = "DIR" };
        var command = new Command("demo", CliTexts.CommandDemo) { keep };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            long began = TimeProvider.System.GetTimestamp();
            string before = Environment.CurrentDirectory;
            string folder = MakeFolder(run.Get(keep));
            // Nothing of this goes into the operator's own state directory.
            Environment.SetEnvironmentVariable("DRP_STATE", Path.Combine(folder, "state"));
            Environment.SetEnvironmentVariable("DRP_PLAN", null);
            try
            {
                Environment.CurrentDirectory = folder;
                string[] passed = [.. run.Json ? ["--json"] : Array.Empty<string>(), .. run.Quiet ? ["--quiet"] : Array.Empty<string>(), .. run.Get(GlobalOptions.NoColor) ? ["--no-color"] : Array.Empty<string>()];
                var stage = new Stage(run.Json || run.Quiet, run.Paint, passed, DemoRun.Steps);
                run.Say(Text.Of(CliTexts.DemoFolder, folder));
                await using (var server = await DemoServer.StartAsync(run.Engine, ct, replicated: true)) await new DemoRun(server, stage, folder, run.Engine).RunAsync(ct);
                if (!run.Quiet) run.Say(Text.Of(run.Get(keep) is null ? CliTexts.DemoGone : CliTexts.DemoKept, folder, Output.Format.Duration(TimeProvider.System.GetElapsedTime(began))));
                return DrpError.None;
            }
            finally
            {
                Environment.CurrentDirectory = before;
                if (run.Get(keep) is null) Directory.Delete(folder, recursive: true);
            }
        }));
        return command;
    }

    private static string MakeFolder(string? keep)
    {
        if (keep is null) return Directory.CreateTempSubdirectory("drp-demo-").FullName;
        string folder = Path.GetFullPath(keep);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(CliTexts.DemoNotEmpty, folder)) { Hint = CliTexts.DemoNotEmptyHint };
        return Directory.CreateDirectory(folder).FullName;
    }
}
