using System.CommandLine;
using System.CommandLine.Invocation;
using AskTrust.Drp.Cli.Commands;

namespace AskTrust.Drp.Cli;

/// <summary>Every command of drp, and how a command line becomes a run.</summary>
internal static class CommandTree
{
    /// <summary>Builds the tree.</summary>
    public static RootCommand Build()
    {
        var root = new RootCommand(CliTexts.Root);
        // The parser's own two options speak English only.
        foreach (var option in root.Options) option.Description = option is System.CommandLine.Help.HelpOption ? CliTexts.OptionHelp : CliTexts.OptionVersion;
        foreach (var option in GlobalOptions.All) root.Options.Add(option);
        root.Subcommands.Add(PlanCommand.Build());
        root.Subcommands.Add(HealthCommand.Build());
        root.Subcommands.Add(DamageCommand.Build());
        root.Subcommands.Add(RepairCommand.Build());
        root.Subcommands.Add(DiagnosticsCommand.Build());
        root.Subcommands.Add(BackupCommand.Build());
        root.Subcommands.Add(ListCommand.Build());
        root.Subcommands.Add(VerifyCommand.Build());
        root.Subcommands.Add(PruneCommand.Build());
        root.Subcommands.Add(RemoveCommand.Build());
        root.Subcommands.Add(PinCommand.Build());
        root.Subcommands.Add(SyncCommand.Build());
        root.Subcommands.Add(RestoreCommand.Build());
        root.Subcommands.Add(RestoreComponentCommand.Build());
        root.Subcommands.Add(RestoreSystemCommand.Build());
        root.Subcommands.Add(UndoCommand.Build());
        root.Subcommands.Add(KitCommand.Build());
        root.Subcommands.Add(TestRestoreCommand.Build());
        root.Subcommands.Add(WalCommand.Build());
        root.Subcommands.Add(PitrCommand.Build());
        root.Subcommands.Add(ServiceCommand.Build());
        root.Subcommands.Add(JobCommand.Build());
        root.Subcommands.Add(MaintenanceCommand.Build());
        root.Subcommands.Add(ScheduleCommand.Build());
        root.Subcommands.Add(RestartCommand.Build());
        root.Subcommands.Add(PrimaryCommand.Build());
        root.Subcommands.Add(CertificatesCommand.Build());
        root.Subcommands.Add(ConfigCommand.Build());
        root.Subcommands.Add(EvidenceCommand.Build());
        root.Subcommands.Add(ReportCommand.Build());
        root.Subcommands.Add(DemoCommand.Build());
        root.Subcommands.Add(CompletionCommand.Build());
        root.Subcommands.Add(CompletionCommand.BuildHidden(root));
        return root;
    }

    /// <summary>Parses and runs.</summary>
    /// <returns>The exit code: a number of <see cref="DrpError"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken ct)
    {
        var parsed = Build().Parse(args);
        if (parsed.Action is ParseErrorAction) return Usage(parsed, args);
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, ct);
    }

    private static int Usage(ParseResult parsed, string[] args)
    {
        if (args.Length == 0)
        {
            parsed.RootCommandResult.Command.Parse(["--help"]).Invoke();
            return (int)DrpError.PlanInvalid;
        }

        string path = parsed.CommandResult.Command is RootCommand ? "drp" : "drp " + CommandPath(parsed.CommandResult);
        var error = new DrpException(DrpError.PlanInvalid, string.Join(" ", parsed.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal)))
        {
            Hint = Text.Of(CliTexts.UsageHint, path + " --help"),
        };
        return Run.Report(error, json: args.TakeWhile(a => a != "--").Contains("--json", StringComparer.Ordinal), CancellationToken.None);
    }

    private static string CommandPath(System.CommandLine.Parsing.CommandResult result) =>
        result.Parent is System.CommandLine.Parsing.CommandResult { Command: not RootCommand } parent ? CommandPath(parent) + " " + result.Command.Name : result.Command.Name;
}
