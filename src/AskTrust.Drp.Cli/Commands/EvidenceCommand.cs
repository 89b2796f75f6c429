using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp evidence</c>: proves the chain of the ledger.</summary>
internal static class EvidenceCommand
{
    public static Command Build()
    {
        var command = new Command("evidence", CliTexts.CommandEvidence);
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var verdicts = new List<EvidenceVerdict>();
            await foreach (var verdict in session.TestEvidenceAsync(ct))
            {
                verdicts.Add(verdict);
                run.Emit("evidence", verdict, () => Show.Evidence(Console.Out, run.Paint, verdict));
            }

            return ExitCodes.Of(verdicts);
        }));
        return command;
    }
}
