using System.Formats.Tar;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.Local;

namespace AskTrust.Drp.Engine.Operations.Whole;

/// <summary>A set outside of any repository: a folder with its files, or an archive of such a folder, unpacked for the time of an operation.</summary>
internal sealed class SetFolder : IAsyncDisposable
{
    private readonly TempFolder? _unpacked;

    private SetFolder(IRepository repository, TempFolder? unpacked) => (Repository, _unpacked) = (repository, unpacked);

    /// <summary>It, as a repository.</summary>
    public IRepository Repository { get; }

    /// <summary>Opens one.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: nothing is there, or no manifest in it; <see cref="DrpError.VerificationFailed"/>: an archive that is none.</exception>
    public static async Task<SetFolder> OpenAsync(OperationContext context, string path, CancellationToken ct)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full)) return await OfFolderAsync(context, full, null, ct).ConfigureAwait(false);
        if (!File.Exists(full)) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.FileMissing, full)) { Subject = full };
        TempFolder folder = context.Host.Temp.CreateFolder("set");
        try
        {
            await UnpackAsync(context, full, folder.Path, ct).ConfigureAwait(false);
            return await OfFolderAsync(context, folder.Path, folder, ct).ConfigureAwait(false);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Repository.DisposeAsync().ConfigureAwait(false);
        _unpacked?.Dispose();
    }

    private static async Task<SetFolder> OfFolderAsync(OperationContext context, string folder, TempFolder? unpacked, CancellationToken ct)
    {
        string manifest = Path.Combine(folder, Keys.Manifest);
        if (!File.Exists(manifest)) throw new DrpException(DrpError.RepositoryMissing, Text.Of(OperationsTexts.NoManifestIn, folder)) { Subject = folder, Hint = OperationsTexts.NoManifestHint };
        SealedManifest file = SealedManifest.Parse(await File.ReadAllBytesAsync(manifest, ct).ConfigureAwait(false), manifest, null);
        if (!SetId.TryParse(file.Manifest.Id, out SetId id)) throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.NoManifestIn, folder)) { Subject = folder };
        return new SetFolder(new SetFolderRepository(new DirectoryRepository(folder, folder, context.Clock), context.Catalog.Keys.Set(id)), unpacked);
    }

    /// <summary>Plain files only, by their last name: an archive that somebody prepared leads nowhere else.</summary>
    private static async Task UnpackAsync(OperationContext context, string file, string folder, CancellationToken ct)
    {
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        Stream plain = await new Unpacker(context.Host).OpenForeignAsync(File.OpenRead(file), Path.GetFileName(file), encryption, ct).ConfigureAwait(false);
        await using var __ = plain.ConfigureAwait(false);
        try
        {
            var archive = new TarReader(plain);
            await using var ___ = archive.ConfigureAwait(false);
            while (await archive.GetNextEntryAsync(copyData: false, ct).ConfigureAwait(false) is { } entry)
            {
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)) continue;
                string name = Path.GetFileName(entry.Name);
                if (name.Length == 0 || name.StartsWith('.')) continue;
                await entry.ExtractToFileAsync(Path.Combine(folder, name), overwrite: false, ct).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException || (e is IOException && !DiskFull.Is(e)))
        {
            throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.NotAnArchive, file, e.Message), e) { Subject = file, Hint = OperationsTexts.NotAnArchiveHint };
        }
    }
}
