namespace AskTrust.Drp.Cli.Output;

/// <summary>Writes JSON lines, each in one piece, so that two threads or processes never mix theirs.</summary>
internal static class JsonLines
{
    private static readonly Lock s_gate = new();

    /// <summary>Writes one line and flushes it.</summary>
    public static void Write(Stream stream, byte[] line)
    {
        byte[] whole = [.. line, (byte)'\n'];
        lock (s_gate)
        {
            stream.Write(whole);
            stream.Flush();
        }
    }
}
