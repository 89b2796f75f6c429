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
    /// <exception cref="DrpException">Its exit code says that it failed; the message holds what it said.</exception>
    public static async Task CopyAsync(
        Command command, string program, string place, HostContext host, ISink sink, Feed? look, Action<string>? onErrorLine, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Buffer);
        try
        {
            IRunningProcess process = host.Processes.Start(command);
            await using (process.ConfigureAwait(false))
            {
                process.OnErrorLine = onErrorLine;
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

    /// <summary>Looks at a piece as it passes.</summary>
    internal delegate void Feed(ReadOnlySpan<byte> piece);
}
