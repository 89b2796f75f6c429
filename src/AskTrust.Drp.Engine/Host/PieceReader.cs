namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// Reads what a program prints in large pieces. Programs write 4 to 64 KiB at a time; a reader that wakes for each of them costs more than
/// what it does with the bytes. After a small piece it pauses while the pipe (1 MiB) fills: 2 ms are 400 KiB at 200 MB/s.
/// </summary>
internal static class PieceReader
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(2);

    /// <summary>Reads until there is enough, the buffer is full, or the stream ends.</summary>
    /// <returns>Bytes read; less than enough only at the end of the stream.</returns>
    public static async ValueTask<int> ReadPieceAsync(this Stream stream, Memory<byte> buffer, int enough, CancellationToken ct)
    {
        int total = 0;
        enough = Math.Min(enough, buffer.Length);
        while (true)
        {
            int count = await stream.ReadAsync(buffer[total..], ct).ConfigureAwait(false);
            total += count;
            if (count == 0 || total >= enough) return total;
            await Task.Delay(s_pause, TimeProvider.System, ct).ConfigureAwait(false);
        }
    }
}
