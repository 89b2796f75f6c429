using System.Buffers;
using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>One run of <c>tar --create</c>: what it says is kept, what it writes is counted on its way.</summary>
/// <param name="place">What is packed, for messages.</param>
/// <param name="filter">Looks at the archive on its way.</param>
/// <param name="listed">True when tar gets its names from a list: one that is gone by then is no surprise, and an archive may be empty.</param>
/// <param name="host">The outside world.</param>
internal sealed class TarPacking(string place, PackFilter filter, bool listed, HostContext host)
{
    private const int Buffer = 1024 * 1024;
    private const int Piece = 256 * 1024;

    /// <summary>What tar said.</summary>
    public TarMessages Said { get; } = new();

    /// <summary>What the archive holds.</summary>
    public FolderFacts Facts(string archive) => new()
    {
        Archive = archive, Path = place, Entries = filter.Tally.Entries, Files = filter.Tally.Files, Folders = filter.Tally.Folders, Links = filter.Tally.Links,
        LinksOutside = filter.Tally.LinksOutside, Bytes = filter.Tally.Bytes, Unreadable = Said.Unreadable.Count,
    };

    /// <summary>Symbolic links that lead out of the place.</summary>
    public long LinksOutside => filter.Tally.LinksOutside;

    /// <summary>What the operator should know.</summary>
    public IEnumerable<string> Warnings =>
        [.. Said.Warnings(place), .. filter.Devices.Count > 0 ? new[] { Text.Of(FilesTexts.Devices, place, filter.Devices.Count, filter.Devices) } : []];

    /// <summary>What is missing; null when everything was read.</summary>
    public string? Missing => Said.Unreadable.Count > 0 ? Text.Of(FilesTexts.Unreadable, place, Said.Unreadable.Count, Said.Unreadable) : null;

    /// <summary>Packs.</summary>
    /// <param name="arguments">What, and from where.</param>
    /// <param name="feed">Writes to tar's standard input, and closes it.</param>
    /// <param name="plain">Takes the archive.</param>
    /// <param name="ct">Cancels.</param>
    public async Task WriteAsync(IReadOnlyList<string> arguments, Func<IRunningProcess, CancellationToken, Task> feed, ISink plain, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Buffer);
        Task feeding = Task.CompletedTask;
        try
        {
            IRunningProcess process = host.Processes.Start(new Command(GnuTar.Program, ["--create", "--format=posix", "--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*", "--sparse", "--file=-", .. arguments]) { Environment = GnuTar.Environment });
            await using (process.ConfigureAwait(false))
            {
                process.OnErrorLine = line =>
                {
                    host.Say(DrpEventLevel.Verbose, line);
                    Said.Add(line);
                };
                feeding = feed(process, ct);
                int count;
                do
                {
                    count = await process.Output.ReadPieceAsync(buffer.AsMemory(0, Buffer), Piece, ct).ConfigureAwait(false);
                    filter.Feed(buffer.AsSpan(0, count));
                    if (filter.Passed.Length > 0) await plain.WriteAsync(filter.Passed, ct).ConfigureAwait(false);
                    filter.Clear();
                }
                while (count >= Piece);

                await feeding.ConfigureAwait(false);
                Judge(await process.WaitAsync(ct).ConfigureAwait(false), process.Errors);
            }
        }
        finally
        {
            await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Feeds lines: names or patterns, which are the operator's words and no others' business.</summary>
    public static async Task TellAsync(IRunningProcess process, IEnumerable<string> lines, CancellationToken ct)
    {
        try
        {
            foreach (string line in lines) await process.Input.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), ct).ConfigureAwait(false);
            process.Input.Close();
        }
        catch (IOException)
        {
            // It ended already; its exit code says why.
        }
    }

    /// <summary>The error for an archive that is none.</summary>
    public DrpException Failed(int code, string why) => new(DrpError.Failed, Text.Of(FilesTexts.TarFailed, place, code, why)) { Subject = place, Hint = FilesTexts.TarFailedHint };

    /// <summary>Exit code 1: files changed. 2: some could not be read or, from a list, found, which the set says; anything else is no backup.</summary>
    private void Judge(int code, string errors)
    {
        bool empty = !listed && filter.Tally.Entries <= 1 && Said.Unreadable.Count > 0;
        bool known = Said.Unreadable.Count > 0 || (listed && Said.Vanished.Count > 0);
        bool explained = code == 0 || (code == 1 && Said.Fatal is null) || (code == 2 && Said.Fatal is null && known && !empty);
        if (explained && filter.Problem is null) return;
        throw Failed(code, filter.Problem is { } problem && explained ? problem : errors.Split('\n').Select(TarMessages.Said).FirstOrDefault(l => l is not null) ?? "");
    }
}
