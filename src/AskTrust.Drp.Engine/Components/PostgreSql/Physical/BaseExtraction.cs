using System.Buffers;
using System.Formats.Tar;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Extracts archives of a base, straight from the stream. Only plain files and folders below the target are let through: an entry that points elsewhere
/// is refused.
/// </summary>
/// <param name="receiver">Takes them.</param>
/// <param name="progress">Told the bytes taken so far.</param>
internal sealed class BaseExtraction(IBaseReceiver receiver, Action<long> progress)
{
    private const int Piece = 1024 * 1024;
    private const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>Extracts one archive to its very end, where its digests are compared.</summary>
    /// <param name="tar">Plain bytes.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: damaged, or an entry that does not belong there; <see cref="DrpError.NotEnoughSpace"/>.</exception>
    public async Task ExtractAsync(Stream tar, string folder, CancellationToken ct)
    {
        string at = folder;
        try
        {
            var reader = new TarReader(tar, leaveOpen: true);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.GetNextEntryAsync(copyData: false, ct).ConfigureAwait(false) is { } entry)
                {
                    at = entry.Name;
                    await TakeAsync(entry, folder, ct).ConfigureAwait(false);
                }
            }

            await DrainAsync(tar, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (DiskFull.Is(e))
        {
            throw DiskFull.Error(folder, e);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw new DrpException(DrpError.VerificationFailed, Text.Of(PhysicalTexts.BadArchive, at, e.Message), e) { Subject = at };
        }
    }

    /// <summary>Behind the archive's end comes nothing but zeros; the digests are judged at the end of the stream.</summary>
    private static async Task DrainAsync(Stream tar, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await tar.ReadAsync(buffer.AsMemory(0, Piece), ct).ConfigureAwait(false) > 0)
            {
                // Nothing to do with them.
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task TakeAsync(TarEntry entry, string folder, CancellationToken ct)
    {
        string name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        name = name.TrimEnd('/');
        // The base of a standby would go on following its primary.
        if (name.Length == 0 || name == "." || name == "standby.signal") return;
        // The map of tablespaces says where they are; some servers send the links too.
        if (entry.EntryType == TarEntryType.SymbolicLink && name.StartsWith("pg_tblspc/", StringComparison.Ordinal)) return;
        if (Path.IsPathRooted(name) || name.Split('/', '\\').Any(p => p is "" or "." or "..") || name.Contains('\0', StringComparison.Ordinal)
            || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.Directory))
        {
            throw new DrpException(DrpError.VerificationFailed, Text.Of(PhysicalTexts.HostileEntry, entry.Name, entry.EntryType)) { Subject = entry.Name, Hint = PhysicalTexts.HostileEntryHint };
        }

        if (entry.EntryType == TarEntryType.Directory)
        {
            await FolderAsync(folder, name, entry.Mode | Folder, ct).ConfigureAwait(false);
            return;
        }

        if (name.LastIndexOf('/') is > 0 and int slash && !_folders.Contains($"{folder}/{name[..slash]}")) await FolderAsync(folder, name[..slash], Folder, ct).ConfigureAwait(false);
        string path = $"{folder}/{(name == TarScanner.ControlFile ? name + IBaseReceiver.Waiting : name)}";
        await receiver.FileAsync(path, entry.Mode, entry.DataStream, entry.Length, count => progress(_bytes += count), ct).ConfigureAwait(false);
    }

    private Task FolderAsync(string folder, string name, UnixFileMode mode, CancellationToken ct)
    {
        string path = $"{folder}/{name}";
        _folders.Add(path);
        return receiver.FolderAsync(path, mode, ct);
    }
}
