using System.CommandLine;
using System.Text.Json;
using AskTrust.Drp.Cli.Output;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp plan show|check|init|schema</c>.</summary>
internal static class PlanCommand
{
    public static Command Build() => new("plan", CliTexts.CommandPlan) { Show(), Check(), Init(), Schema() };

    private static Command Show()
    {
        var command = new Command("show", CliTexts.CommandPlanShow);
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            string yaml = session.ExplainPlan();
            if (run.Json) JsonLines.Write(Console.OpenStandardOutput(), Json(session.Plan, yaml));
            else run.Say(yaml.TrimEnd());
            return DrpError.None;
        }));
        return command;
    }

    private static Command Check()
    {
        var command = new Command("check", CliTexts.CommandPlanCheck);
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var checks = new List<PlanCheck>();
            await foreach (var check in session.CheckPlanAsync(ct))
            {
                checks.Add(check);
                run.Emit("planCheck", check, () => Output.Show.Check(Console.Out, run.Paint, check));
            }

            int Count(CheckVerdict verdict) => checks.Count(c => c.Verdict == verdict);
            if (!run.Quiet) run.Say(Text.Of(CliTexts.CheckSummary, Count(CheckVerdict.Ok), Count(CheckVerdict.Warning), Count(CheckVerdict.Failed), Count(CheckVerdict.Skipped)));
            return ExitCodes.Of(checks);
        }));
        return command;
    }

    private static Command Init()
    {
        var compose = new Option<string?>("--compose", "--compose-file") { Description = CliTexts.OptionCompose, HelpName = "FILE" };
        var connection = new Option<string?>("--connection") { Description = CliTexts.OptionConnection, HelpName = "URL" };
        var name = new Option<string?>("--name") { Description = CliTexts.OptionName, HelpName = "NAME" };
        var force = new Option<bool>("--force") { Description = CliTexts.OptionForceFile };
        var dryRun = Options.DryRun();
        var command = new Command("init", CliTexts.CommandPlanInit) { compose, connection, name, force, dryRun };
        command.Validators.Add(result =>
        {
            if (result.GetResult(compose) is null == result.GetResult(connection) is null) result.AddError(Text.Of(CliTexts.ExactlyOne, "--compose", "--connection"));
        });
        command.SetAction(Run.Action(async (run, ct) =>
        {
            var init = new PlanInitOptions
            {
                ComposeFile = run.Get(compose),
                ConnectionString = run.Get(connection),
                Path = run.PlanPath,
                Name = run.Get(name),
                Force = run.Get(force),
                DryRun = run.Get(dryRun),
            };
            string text = await DrpSession.InitPlanAsync(init, run.Engine, ct);
            string path = Path.GetFullPath(init.Path);
            if (run.Json) JsonLines.Write(Console.OpenStandardOutput(), Object("planInit", ("path", path), ("yaml", text)));
            else if (init.DryRun) run.Say(text.TrimEnd());
            else run.Say(Text.Of(CliTexts.PlanWritten, path));
            return DrpError.None;
        }));
        return command;
    }

    private static Command Schema()
    {
        var command = new Command("schema", CliTexts.CommandPlanSchema);
        command.SetAction(Run.Action((_, _) =>
        {
            // The schema is JSON itself: with and without --json it is the same.
            Console.Out.WriteLine(DrpSession.PlanSchema().TrimEnd());
            return Task.FromResult(DrpError.None);
        }));
        return command;
    }

    private static byte[] Json(DrpPlan plan, string yaml)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", "plan");
            writer.WriteString("path", plan.Path);
            writer.WriteString("name", plan.Name);
            foreach (var (field, names) in new[] { ("components", plan.Components.Keys), ("repositories", plan.Repositories.Keys), ("jobs", plan.Jobs.Keys) })
            {
                writer.WriteStartArray(field);
                foreach (string name in names) writer.WriteStringValue(name);
                writer.WriteEndArray();
            }

            writer.WriteString("yaml", yaml);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static byte[] Object(string type, params (string Name, string Value)[] fields)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            foreach (var (name, value) in fields) writer.WriteString(name, value);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
