using System.CommandLine;
using AskTrust.Drp.Cli.Output;

namespace AskTrust.Drp.Cli.Commands;

/// <summary><c>drp list</c>.</summary>
internal static class ListCommand
{
    public static Command Build()
    {
        var command = new Command("list", CliTexts.CommandList);
        var filter = new FilterOptions(command);
        command.SetAction(Run.Action(async (run, ct) =>
        {
            await using var session = await run.OpenAsync(ct);
            var asked = filter.Read(run);
            var table = new Table(new(CliTexts.ColumnSet), new(CliTexts.ColumnComponents), new(CliTexts.ColumnSize, Right: true), new(CliTexts.ColumnRows, Right: true), new(CliTexts.ColumnFiles, Right: true), new(CliTexts.ColumnRepositories), new(CliTexts.ColumnState));
            int count = 0;
            await foreach (var set in session.ListAsync(asked, ct))
            {
                count++;
                run.Emit("backupSet", set, () => table.Add(set.Id, string.Join(",", set.Components), Format.Bytes(set.Size), set.Rows is { } rows ? Format.Number(rows) : "", set.Files is { } files ? Format.Number(files) : "", string.Join(",", set.Repositories), new(State(set), Colour(run.Paint, set))));
            }

            if (count == 0 && FilterOptions.Exact(asked)) throw FilterOptions.NothingFits();
            bool whole = session.NotListed.Count == 0;
            if (!run.Json && count > 0) table.Write(Console.Out, run.Paint);
            else if (count == 0 && whole && !run.Quiet) run.Say(CliTexts.NoSets);
            return whole ? DrpError.None : DrpError.Incomplete;
        }));
        return command;
    }

    private static string State(BackupSet set)
    {
        var words = new List<string>();
        if (set.Proven is { } proven) words.Add(Text.Of(CliTexts.StateProven, proven.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));
        else if (set.Verified is { } depth) words.Add(Text.Of(CliTexts.StateVerified, depth switch { VerificationDepth.Present => CliTexts.DepthPresent, VerificationDepth.Content => CliTexts.DepthContent, _ => CliTexts.DepthArchive }));
        if (set.Base is { } before) words.Add(Text.Of(CliTexts.StateBuildsOn, before));
        if (set.Skew is { } apart) words.Add(Text.Of(CliTexts.SkewIs, Format.Duration(apart)));
        if (set.Pinned) words.Add(CliTexts.StatePinned);
        if (set.Warnings.Count > 0) words.Add(Text.Of(CliTexts.StateWarnings, set.Warnings.Count));
        return string.Join(", ", words);
    }

    private static Func<string, string> Colour(Paint paint, BackupSet set) => set.Warnings.Count > 0 ? paint.Warn : set.Proven is not null ? paint.Good : paint.Dim;
}
