using System.Buffers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>Streams what a program prints into a sink, in large pieces.</summary>
internal static class ProgramOutput
{
    private const int Buffer = 1024 * 1024;

    /// <summary>pg_dump writes a few KiB at a time: gather that many before the piece goes down the pipeline.</summary>
    private const int Piece = 256 * 1024;

    /// <summary>Runs it; returns only when it ended with exit code 0. The sink is not completed.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="program">Its name, for messages.</param>
    /// <param name="place">Where it reads from, for messages.</param>
    /// <param name="host">The outside world.</param>
    /// <param name="sink">Takes what it prints.</param>
    /// <param name="look">Looks at each piece as it passes; null = nobody.</param>
    /// <param name="onErrorLine">Told each line of its standard error; null = nobody.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="input">A file it reads, to the end, before it prints anything; null = none.</param>
    /// <exception cref="DrpException">Its exit code says that it failed; the message holds what it said.</exception>
    public static async Task CopyAsync(
        Command command, string program, string place, HostContext host, ISink sink, Feed? look, Action<string>? onErrorLine, CancellationToken ct, string? input = null)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Buffer);
        try
        {
            IRunningProcess process = host.Processes.Start(command);
            await using (process.ConfigureAwait(false))
            {
                process.OnErrorLine = onErrorLine;
                if (input is not null) await GiveAsync(process, input, ct).ConfigureAwait(false);
                while (true)
                {
                    int count = await process.Output.ReadPieceAsync(buffer.AsMemory(0, Buffer), Piece, ct).ConfigureAwait(false);
                    if (count > 0)
                    {
                        look?.Invoke(buffer.AsSpan(0, count));
                        await sink.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
                    }

                    if (count < Piece) break;
                }

                int code = await process.WaitAsync(ct).ConfigureAwait(false);
                if (code != 0) throw PostgreSqlErrors.FromProgram(program, code, process.Errors, place);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Gives a program a file as its standard input, to the end; one that ends before says why itself.</summary>
    public static async Task GiveAsync(IRunningProcess process, string file, CancellationToken ct)
    {
        var input = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (input.ConfigureAwait(false))
        {
            try
            {
                await input.CopyToAsync(process.Input, Piece, ct).ConfigureAwait(false);
                process.Input.Close();
            }
            catch (IOException) when (!ct.IsCancellationRequested)
            {
                // It ended: its exit code and last words are the error.
            }
        }
    }

    /// <summary>Looks at a piece as it passes.</summary>
    internal delegate void Feed(ReadOnlySpan<byte> piece);
}
