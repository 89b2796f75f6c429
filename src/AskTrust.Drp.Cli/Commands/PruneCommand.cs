using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp prune</c>: retention.</summary>
internal static class PruneCommand
{
    public static Command Build()
    {
        var job = Options.Job();
        var repositories = Options.Repositories();
        var last = Keep("last");
        var hourly = Keep("hourly");
        var daily = Keep("daily");
        var weekly = Keep("weekly");
        var monthly = Keep("monthly");
        var yearly = Keep("yearly");
        var within = new Option<TimeSpan?>("--keep-within")
        {
            Description = CliTexts.OptionKeepWithin,
            HelpName = "DURATION",
            CustomParser = result =>
            {
                var duration = Options.Duration(result.Tokens[0].Value);
                if (duration is null) result.AddError(Text.Of(CliTexts.NotADuration, result.Tokens[0].Value));
                return duration;
            },
        };
        var dryRun = Options.DryRun();
        var command = new Command("prune", CliTexts.CommandPrune) { job, repositories, last, hourly, daily, weekly, monthly, yearly, within, dryRun };
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var policy = new RetentionPolicy
            {
                Last = run.Get(last),
                Hourly = run.Get(hourly),
                Daily = run.Get(daily),
                Weekly = run.Get(weekly),
                Monthly = run.Get(monthly),
                Yearly = run.Get(yearly),
                Within = run.Get(within),
            };
            var options = new RetentionOptions { Job = run.Get(job), Repositories = run.Get(repositories)!, Policy = policy.IsEmpty ? null : policy, DryRun = run.Get(dryRun) };
            var decisions = new List<RetentionDecision>();
            await foreach (var decision in session.RetainAsync(options, ct))
            {
                decisions.Add(decision);
                run.Emit("retention", decision, () => Show.Decision(Console.Out, run.Paint, decision));
            }

            if (!run.Quiet) run.Say(Summary(decisions, options.DryRun));
            return ExitCodes.Of(decisions);
        }));
        return command;
    }

    internal static string Summary(IReadOnlyList<RetentionDecision> decisions, bool planned)
    {
        var deleted = decisions.Where(d => d.Action == RetentionAction.Delete).ToList();
        int kept = decisions.Count(d => d.Action is RetentionAction.Keep or RetentionAction.Retained);
        return Text.Of(planned ? CliTexts.PruneSummaryPlanned : CliTexts.PruneSummary, kept, deleted.Count, Format.Bytes(deleted.Sum(d => d.Bytes)));
    }

    private static Option<int> Keep(string period)
    {
        var option = new Option<int>("--keep-" + period) { Description = Text.Of(CliTexts.OptionKeep, period), HelpName = "N" };
        option.Validators.Add(r => Options.Range(r, 0, 100_000));
        return option;
    }
}
