using System.Buffers;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Redis;

/// <summary>
/// The data as the server itself sends it to a replica: <c>redis-cli --rdb</c>. Nothing is written on the server's disk or on ours. It is walked through while it flows, so that
/// the manifest says how many keys it holds, and a stream that was cut off is no backup.
/// </summary>
internal sealed partial class RdbArtifact(string name, RedisClient client, HostContext host, long? expected) : IArtifactSource
{
    /// <summary>Role in the manifest.</summary>
    public const string Rdb = "rdb";

    /// <summary>Length of the mark that a server sends behind a file whose length it did not know beforehand.</summary>
    private const int Mark = 40;

    private const int Piece = 256 * 1024;
    private RdbReader? _seen;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => Rdb;

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => expected;

    /// <summary>Keys by number of the database.</summary>
    public IReadOnlyDictionary<string, RedisKeys>? Keys => _seen?.Keys;

    /// <summary>The moment it stands for.</summary>
    public DateTimeOffset? Moment => _seen?.Moment;

    /// <inheritdoc/>
    public async Task WriteAsync(ISink plain, CancellationToken ct)
    {
        using var fed = new FedStream();
        _seen = new RdbReader(fed);
        Task seen = LookAsync(_seen, fed, ct);
        try
        {
            await TransferAsync(async (bytes, c) =>
            {
                await plain.WriteAsync(bytes, c).ConfigureAwait(false);
                await fed.FeedAsync(bytes, c).ConfigureAwait(false);
            }, ct).ConfigureAwait(false);
        }
        catch
        {
            fed.End();
            // Cut off, of course: what matters is why.
            await seen.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }

        fed.End();
        try
        {
            await seen.ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw new DrpException(DrpError.Failed, Text.Of(RedisTexts.SentBadRdb, client.Description, e.Message), e) { Subject = client.Description };
        }
    }

    private static async Task LookAsync(RdbReader reader, FedStream fed, CancellationToken ct)
    {
        try
        {
            await reader.ReadAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            fed.End();
        }
    }

    private async Task TransferAsync(Func<ReadOnlyMemory<byte>, CancellationToken, Task> take, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece + Mark);
        try
        {
            IRunningProcess process = host.Processes.Start(client.Command("--rdb", "-"));
            await using (process.ConfigureAwait(false))
            {
                process.Input.Close();
                // The last bytes are held back: they may be the mark.
                int held = 0, count;
                long passed = 0;
                while ((count = await process.Output.ReadPieceAsync(buffer.AsMemory(held, Piece), Piece, ct).ConfigureAwait(false)) > 0)
                {
                    int ready = Math.Max(0, held + count - Mark);
                    if (ready > 0) await take(buffer.AsMemory(0, ready), ct).ConfigureAwait(false);
                    passed += ready;
                    held = held + count - ready;
                    buffer.AsSpan(ready, held).CopyTo(buffer);
                }

                int code = await process.WaitAsync(ct).ConfigureAwait(false);
                string said = process.Errors;
                Match total = Total().Match(said);
                if (code != 0 || !total.Success) throw client.Explain("--rdb", said);
                long size = long.Parse(total.Groups["bytes"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
                if (said.Contains("EOF marker", StringComparison.Ordinal)) held -= Mark;
                // Where the length was known beforehand, the program tells it; behind a mark, how many bytes came before it.
                if (held < 0 || passed + held != size) throw new DrpException(DrpError.Failed, Text.Of(RedisTexts.OtherLength, client.Description, size, passed + held)) { Subject = client.Description };
                if (held > 0) await take(buffer.AsMemory(0, held), ct).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [GeneratedRegex(@"(?:success after |writing )(?<bytes>\d+) bytes", RegexOptions.ExplicitCapture | RegexOptions.RightToLeft, 1000)]
    private static partial Regex Total();
}
