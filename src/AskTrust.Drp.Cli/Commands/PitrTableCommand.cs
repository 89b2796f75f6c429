using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp pitr table</c>: takes an accident to tables back.</summary>
internal static class PitrTableCommand
{
    public static Command Build()
    {
        var tables = new Argument<string[]>("TABLE") { Description = CliTexts.ArgumentTables, Arity = ArgumentArity.OneOrMore };
        var to = Options.Target();
        (to.Description, to.Required) = (CliTexts.OptionTableTo, true);
        var into = Options.Named(
            new Option<TableRestoreInto>("--into", "-i") { Description = CliTexts.OptionTableInto }, [.. Enum.GetNames<TableRestoreInto>().Select(n => n.ToLowerInvariant())]);
        var exclusive = new Option<bool>("--exclusive") { Description = CliTexts.OptionExclusive };
        var schema = new Option<string>("--schema") { Description = CliTexts.OptionTableSchema, HelpName = "NAME", DefaultValueFactory = _ => "recovered" };
        var from = new Option<string?>("--base") { Description = CliTexts.OptionTableBase, HelpName = "SET" };
        var component = Options.Component();
        var repository = Options.Repository();
        var database = new Option<string?>("--database") { Description = CliTexts.OptionFindDatabase, HelpName = "NAME" };
        var timeline = new Option<uint?>("--timeline") { Description = CliTexts.OptionTimeline, HelpName = "N" };
        var dryRun = Options.DryRun();
        var command = new Command("table", CliTexts.CommandPitrTable) { tables, to, into, exclusive, schema, from, component, repository, database, timeline, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var report = await session.RestoreTableAsync(
                new TableRestoreOptions
                {
                    Tables = run.Get(tables)!, To = run.Get(to)!, Into = run.Get(into), Exclusive = run.Get(exclusive), Schema = run.Get(schema)!, Base = run.Get(from), Component = run.Get(component),
                    Repository = run.Get(repository), Database = run.Get(database), Timeline = run.Get(timeline), Confirmed = run.Yes, DryRun = run.Get(dryRun),
                }, ct);
            run.Emit("tableRestore", report, () => ShowTables.Restore(Console.Out, run.Paint, report));
            return ExitCodes.Of(report.Status);
        }));
        return command;
    }
}
