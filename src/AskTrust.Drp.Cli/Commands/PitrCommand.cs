using System.CommandLine;
using System.Globalization;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp pitr</c>: point-in-time recovery.</summary>
internal static class PitrCommand
{
    public static Command Build() => new("pitr", CliTexts.CommandPitr) { EnableCommand.Enable(), EnableCommand.Disable(), Find(), PitrTableCommand.Build() };

    private static Command Find()
    {
        var table = new Argument<string>("TABLE") { Description = CliTexts.ArgumentTable };
        var actions = Options.Named(
            new Option<TableAction[]>("--action", "-a") { Description = CliTexts.OptionAction, DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true },
            [.. Enum.GetNames<TableAction>().Select(n => n.ToLowerInvariant())]);
        var after = Options.Moment("--after", CliTexts.OptionFindAfter);
        var before = Options.Moment("--before", CliTexts.OptionFindBefore);
        var rows = new Option<long>("--least-rows") { Description = CliTexts.OptionLeastRows, HelpName = "N", DefaultValueFactory = _ => 1 };
        var component = Options.Component();
        var database = new Option<string?>("--database") { Description = CliTexts.OptionFindDatabase, HelpName = "NAME" };
        var timeline = new Option<uint?>("--timeline") { Description = CliTexts.OptionFindTimeline, HelpName = "N" };
        var command = new Command("find", CliTexts.CommandPitrFind) { table, actions, after, before, rows, component, database, timeline };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var found = await session.FindRecoveryPointsAsync(
                new RecoveryPointOptions
                {
                    Table = run.Get(table)!, Actions = run.Get(actions)!, After = run.Get(after), Before = run.Get(before), LeastRows = run.Get(rows), Component = run.Get(component),
                    Database = run.Get(database), Timeline = run.Get(timeline),
                }, ct);
            var shown = new Table(new(CliTexts.ColumnCommitted), new(CliTexts.ColumnTable), new(CliTexts.ColumnAction), new(CliTexts.ColumnRows, Right: true), new(CliTexts.ColumnTransaction, Right: true), new(CliTexts.ColumnTarget));
            foreach (var c in found)
            {
                run.Emit("recoveryPoint", c, () => shown.Add(
                    Human.Time(c.CommitTime), c.Table, Enum.GetName(c.Action)!.ToLowerInvariant(), c.Rows is { } n ? Format.Number(n) : "", c.Xid.ToString(CultureInfo.InvariantCulture), c.Target));
            }

            if (!run.Json && found.Count > 0) shown.Write(Console.Out, run.Paint);
            else if (found.Count == 0 && !run.Quiet) run.Say(Text.Of(CliTexts.NothingFound, run.Get(table)));
            return DrpError.None;
        }));
        return command;
    }
}
