using System.Buffers;
using System.Text;
using AskTrust.Drp.Engine.Components.Files.Incremental;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>One folder as an archive, straight from tar.</summary>
/// <param name="name">Name of the archive.</param>
/// <param name="folder">The folder.</param>
/// <param name="plan">The component.</param>
/// <param name="host">The outside world.</param>
/// <param name="changes">Chooses what goes into the archive; null = everything.</param>
internal sealed class FolderArtifact(string name, string folder, FilesPlan plan, HostContext host, FolderChanges? changes = null) : IArtifactSource
{
    /// <summary>Role of the archive in the manifest.</summary>
    public const string Files = "files";

    private const int Buffer = 1024 * 1024;
    private const int Piece = 256 * 1024;
    private readonly PackFilter _filter = new(changes is null ? null : changes.Took);
    private readonly TarMessages _said = new();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => Files;

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => null;

    /// <summary>What the archive holds.</summary>
    public FolderFacts Facts => new()
    {
        Archive = name, Path = folder, Entries = _filter.Tally.Entries, Files = _filter.Tally.Files, Folders = _filter.Tally.Folders, Links = _filter.Tally.Links,
        LinksOutside = _filter.Tally.LinksOutside, Bytes = _filter.Tally.Bytes, Unreadable = _said.Unreadable.Count,
        Whole = changes?.Place > 0 ? changes.Whole.Counts : null, Deleted = changes?.Deleted ?? 0,
    };

    /// <summary>What the operator should know.</summary>
    public IEnumerable<string> Warnings =>
    [
        .. _said.Warnings(folder),
        .. _filter.Devices.Count > 0 ? new[] { Text.Of(FilesTexts.Devices, folder, _filter.Devices.Count, _filter.Devices) } : [],
        .. _filter.Tally.LinksOutside > 0 ? new[] { Text.Of(FilesTexts.LinksOutside, folder, _filter.Tally.LinksOutside) } : [],
    ];

    /// <summary>What is missing; null when everything was read.</summary>
    public string? Missing => _said.Unreadable.Count > 0 ? Text.Of(FilesTexts.Unreadable, folder, _said.Unreadable.Count, _said.Unreadable) : null;

    /// <inheritdoc/>
    public async Task WriteAsync(ISink plain, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Buffer);
        Task feeding = Task.CompletedTask;
        try
        {
            IRunningProcess process = host.Processes.Start(Command());
            await using (process.ConfigureAwait(false))
            {
                process.OnErrorLine = line =>
                {
                    host.Say(DrpEventLevel.Verbose, line);
                    _said.Add(line);
                };
                feeding = changes is null ? WritePatternsAsync(process, ct) : FeedAsync(changes, process, ct);
                int count;
                do
                {
                    count = await process.Output.ReadPieceAsync(buffer.AsMemory(0, Buffer), Piece, ct).ConfigureAwait(false);
                    _filter.Feed(buffer.AsSpan(0, count));
                    if (_filter.Passed.Length > 0) await plain.WriteAsync(_filter.Passed, ct).ConfigureAwait(false);
                    _filter.Clear();
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

    /// <summary>After the archive of an indexed folder: makes its index.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: nothing could be read.</exception>
    public async Task WriteIndexAsync(CancellationToken ct)
    {
        await changes!.WriteIndexAsync(ct).ConfigureAwait(false);
        if (changes.Whole.Counts.Entries <= 1 && _said.Unreadable.Count > 0) throw Failed(2, _said.Unreadable.ToString());
    }

    private Command Command() => new(GnuTar.Program,
    [
        "--create", "--format=posix", "--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*", "--sparse", $"--directory={folder}", "--file=-",
        .. changes is not null ? new[] { "--no-recursion", "--null", "--files-from=-" } : ["--wildcards-match-slash", .. plan.OneFileSystem ? new[] { "--one-file-system" } : [], "--exclude-from=-", "."],
    ])
    {
        Environment = GnuTar.Environment,
    };

    /// <summary>The rules by standard input: they are the operator's words, and no others' business.</summary>
    private async Task WritePatternsAsync(IRunningProcess process, CancellationToken ct)
    {
        try
        {
            foreach (string pattern in plan.Exclude) await process.Input.WriteAsync(Encoding.UTF8.GetBytes((pattern.StartsWith('/') ? "." + pattern : pattern) + "\n"), ct).ConfigureAwait(false);
            process.Input.Close();
        }
        catch (IOException)
        {
            // It ended already; its exit code says why.
        }
    }

    private async Task FeedAsync(FolderChanges chosen, IRunningProcess process, CancellationToken ct)
    {
        try
        {
            await chosen.FeedAsync(process.Input, _said, ct).ConfigureAwait(false);
        }
        catch (IOException e) when (!DiskFull.Is(e))
        {
            // It ended already; its exit code says why.
        }
        finally
        {
            // Without an end of the list tar would wait for ever.
            await CloseAsync(process.Input).ConfigureAwait(false);
        }
    }

    private static async ValueTask CloseAsync(Stream input)
    {
        try
        {
            await input.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The reader is gone.
        }
    }

    /// <summary>Exit code 1: files changed. 2: some could not be read or, from a list, found, which the set says; anything else is no backup.</summary>
    private void Judge(int code, string errors)
    {
        bool empty = changes is null && _filter.Tally.Entries <= 1 && _said.Unreadable.Count > 0;
        bool known = _said.Unreadable.Count > 0 || (changes is not null && _said.Vanished.Count > 0);
        bool explained = code == 0 || (code == 1 && _said.Fatal is null) || (code == 2 && _said.Fatal is null && known && !empty);
        if (explained && _filter.Problem is null) return;
        throw Failed(code, _filter.Problem is { } problem && explained ? problem : errors.Split('\n').Select(TarMessages.Said).FirstOrDefault(l => l is not null) ?? "");
    }

    private DrpException Failed(int code, string why) => new(DrpError.Failed, Text.Of(FilesTexts.TarFailed, folder, code, why)) { Subject = folder, Hint = FilesTexts.TarFailedHint };
}
