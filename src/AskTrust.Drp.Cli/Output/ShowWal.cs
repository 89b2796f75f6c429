namespace AskTrust.Drp.Cli.Output;

/// <summary>WAL for people.</summary>
internal static class ShowWal
{
    /// <summary>What a receiver did.</summary>
    public static void Receive(TextWriter writer, Paint paint, WalReceiveReport report)
    {
        foreach (var r in report.Repositories)
        {
            string line = Text.Of(CliTexts.WalShipped, r.Repository, r.Segments, r.Pieces, r.Shipped?.ToString() ?? "-", r.LastCommit is { } time ? Human.Time(time) : "-");
            writer.WriteLine(r.Message is null ? line : $"{line}  {paint.Bad(r.Message)}");
        }
    }
}
