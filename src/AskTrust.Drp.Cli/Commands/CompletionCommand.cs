using System.CommandLine;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp completion SHELL</c>, and the hidden command those scripts call.</summary>
internal static class CompletionCommand
{
    private static readonly string[] s_shells = ["bash", "zsh", "fish", "pwsh"];

    public static Command Build()
    {
        var shell = new Argument<string>("SHELL") { Description = CliTexts.ArgumentShell }.AcceptOnlyFromAmong(s_shells);
        var command = new Command("completion", CliTexts.CommandCompletion) { shell };
        command.SetAction(parsed =>
        {
            using var script = new StreamReader(typeof(CompletionCommand).Assembly.GetManifestResourceStream(parsed.GetValue(shell) + ".txt")!);
            Console.Out.Write(script.ReadToEnd());
            return 0;
        });
        return command;
    }

    /// <summary><c>drp __complete -- WORD…</c>: one completion of the last word per line. Quick, and never an error.</summary>
    public static Command BuildHidden(RootCommand root)
    {
        var words = new Argument<string[]>("WORD") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("__complete") { words };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            foreach (string completion in Completion.Completer.Complete(root, parsed.GetValue(words) ?? [])) Console.Out.WriteLine(completion);
            return 0;
        });
        return command;
    }
}
