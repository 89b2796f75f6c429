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

    private readonly TarPacking _packing = new(folder, new PackFilter(changes is null ? null : changes.Took), changes is not null, host);

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => Files;

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => null;

    /// <summary>What the archive holds.</summary>
    public FolderFacts Facts => _packing.Facts(name) with { Whole = changes?.Place > 0 ? changes.Whole.Counts : null, Deleted = changes?.Deleted ?? 0 };

    /// <summary>What the operator should know.</summary>
    public IEnumerable<string> Warnings => [.. _packing.Warnings, .. _packing.LinksOutside > 0 ? new[] { Text.Of(FilesTexts.LinksOutside, folder, _packing.LinksOutside) } : []];

    /// <summary>What is missing; null when everything was read.</summary>
    public string? Missing => _packing.Missing;

    /// <inheritdoc/>
    public Task WriteAsync(ISink plain, CancellationToken ct) => changes is { } chosen
        ? _packing.WriteAsync([$"--directory={folder}", "--no-recursion", "--null", "--files-from=-"], (process, c) => FeedAsync(chosen, process, c), plain, ct)
        : _packing.WriteAsync(
            ["--wildcards-match-slash", .. plan.OneFileSystem ? new[] { "--one-file-system" } : [], "--exclude-from=-", $"--directory={folder}", "."],
            (process, c) => TarPacking.TellAsync(process, plan.Exclude.Select(pattern => pattern.StartsWith('/') ? "." + pattern : pattern), c), plain, ct);

    /// <summary>After the archive of an indexed folder: makes its index.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: nothing could be read.</exception>
    public async Task WriteIndexAsync(CancellationToken ct)
    {
        await changes!.WriteIndexAsync(ct).ConfigureAwait(false);
        if (changes.Whole.Counts.Entries <= 1 && _packing.Said.Unreadable.Count > 0) throw _packing.Failed(2, _packing.Said.Unreadable.ToString());
    }

    private async Task FeedAsync(FolderChanges chosen, IRunningProcess process, CancellationToken ct)
    {
        try
        {
            await chosen.FeedAsync(process.Input, _packing.Said, ct).ConfigureAwait(false);
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
}
