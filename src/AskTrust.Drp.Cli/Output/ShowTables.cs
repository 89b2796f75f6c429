using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Tables that came back, for people.</summary>
internal static class ShowTables
{
    /// <summary>What a restore of tables did, or would do.</summary>
    public static void Restore(TextWriter writer, Paint paint, TableRestoreReport report)
    {
        bool planned = report.Status == RunStatus.Planned;
        writer.WriteLine($"{paint.Status(report.Status, Show.Word(report.Status))}  {paint.Bold(V(report.Database))}  ({V(report.Target)})  {Format.Duration(report.Duration)}");
        if (report.Recovery is { } recovery)
            writer.WriteLine("  " + Text.Of(CliTexts.Reached, V(recovery.Target), V(recovery.Reached), V(recovery.Lsn), recovery.LastCommit is { } at ? Format.Moment(at) : "–"));
        var shown = new Table(
            new(CliTexts.ColumnTable), new(CliTexts.ColumnThen, Right: true), new(CliTexts.ColumnNow, Right: true), new(CliTexts.ColumnMissing, Right: true), new(CliTexts.ColumnChanged, Right: true),
            new(CliTexts.ColumnNew, Right: true), new(CliTexts.ColumnPut, Right: true), new(CliTexts.ColumnPlace));
        foreach (var t in report.Tables)
        {
            shown.Add(
                V(t.Table), Format.Number(t.Rows), t.WasThere ? Format.Number(t.LiveRows) : CliTexts.TableGone, Format.Number(t.Missing), Format.Number(t.Changed), Format.Number(t.New),
                planned ? "–" : Format.Number(t.Put), V(t.Place));
        }

        shown.Write(writer, paint);
        foreach (var t in report.Tables.Where(t => t.Kept is not null)) writer.WriteLine("  " + Text.Of(CliTexts.TableKept, Format.Number(t.Removed + t.Conflicts), V(t.Kept)));
        foreach (string made in report.Created) writer.WriteLine("  " + Text.Of(planned ? CliTexts.TableWouldMake : CliTexts.TableMade, V(made)));
        foreach (string warning in report.Warnings) writer.WriteLine("  " + paint.Warn(CliTexts.Warning) + " " + Redact.Passwords(V(warning)));
        foreach (string step in report.Accept) writer.WriteLine("  " + Text.Of(CliTexts.TableAccept, V(step)));
        foreach (string step in report.Undo) writer.WriteLine("  " + Text.Of(CliTexts.TableUndo, V(step)));
    }

    private static string V(string? text) => DrpOutput.Visible(text);
}
