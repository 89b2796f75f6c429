using System.Buffers;
using System.Formats.Tar;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Extracts archives of a base into folders, straight from the stream. Only plain files and folders below the target are made: an entry that points elsewhere
/// is refused. The control file waits under another name until everything is there, so that a restore that was cut off cannot be started by mistake.
/// </summary>
/// <param name="user">Owner of everything; null = ourselves.</param>
/// <param name="progress">Told the bytes written so far.</param>
internal sealed class BaseExtraction(SystemUser? user, Action<long> progress)
{
    private const string Waiting = ".drp-restoring";
    private const int Piece = 1024 * 1024;
    private long _bytes;

    /// <summary>Extracts one archive to its very end, where its digests are compared.</summary>
    /// <param name="tar">Plain bytes.</param>
    /// <param name="folder">The folder, which is there and empty.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: damaged, or an entry that does not belong there; <see cref="DrpError.NotEnoughSpace"/>.</exception>
    public async Task ExtractAsync(Stream tar, string folder, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        string at = folder;
        try
        {
            var reader = new TarReader(tar, leaveOpen: true);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.GetNextEntryAsync(copyData: false, ct).ConfigureAwait(false) is { } entry)
                {
                    at = entry.Name;
                    await WriteAsync(entry, folder, buffer, ct).ConfigureAwait(false);
                }
            }

            while (await tar.ReadAsync(buffer.AsMemory(0, Piece), ct).ConfigureAwait(false) > 0)
            {
                // Behind the archive's end comes nothing but zeros; the digests are judged at the end of the stream.
            }
        }
        catch (Exception e) when (DiskFull.Is(e))
        {
            throw DiskFull.Error(folder, e);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw new DrpException(DrpError.VerificationFailed, Text.Of(PhysicalTexts.BadArchive, at, e.Message), e) { Subject = at };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes a small file.</summary>
    public void Write(string path, string text)
    {
        File.WriteAllText(path, text);
        Own(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Everything is there: gives the control file its name.</summary>
    public static void Finish(string folder)
    {
        string control = Path.Combine(folder, TarScanner.ControlFile);
        if (!File.Exists(control + Waiting)) throw new DrpException(DrpError.VerificationFailed, Text.Of(PhysicalTexts.BadArchive, folder, PhysicalTexts.NoControlFile)) { Subject = folder };
        File.Move(control + Waiting, control);
    }

    /// <summary>Makes a symbolic link that belongs to the user.</summary>
    public void Link(string path, string target)
    {
        File.CreateSymbolicLink(path, target);
        if (user is not null) Posix.ChangeOwner(path, user.Id, user.Group);
    }

    private async Task WriteAsync(TarEntry entry, string folder, byte[] buffer, CancellationToken ct)
    {
        string name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        name = name.TrimEnd('/');
        if (name.Length == 0 || name == ".") return;
        // The map of tablespaces says where they are; some servers send the links too.
        if (entry.EntryType == TarEntryType.SymbolicLink && name.StartsWith("pg_tblspc/", StringComparison.Ordinal)) return;
        if (Path.IsPathRooted(name) || name.Split('/', '\\').Any(p => p is "" or "." or "..") || name.Contains('\0', StringComparison.Ordinal)
            || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.Directory))
        {
            throw new DrpException(DrpError.VerificationFailed, Text.Of(PhysicalTexts.HostileEntry, entry.Name, entry.EntryType)) { Subject = entry.Name, Hint = PhysicalTexts.HostileEntryHint };
        }

        string path = Path.Combine(folder, name == TarScanner.ControlFile ? name + Waiting : name);
        if (entry.EntryType == TarEntryType.Directory)
        {
            Directory.CreateDirectory(path);
            Own(path, entry.Mode | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return;
        }

        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Own(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, entry.Length))
        {
            long position = 0;
            while (entry.DataStream is { } data)
            {
                int count = await data.ReadAtLeastAsync(buffer.AsMemory(0, (int)Math.Min(Piece, Math.Max(1, entry.Length - position))), 1, throwOnEndOfStream: false, ct).ConfigureAwait(false);
                if (count == 0) break;
                RandomAccess.Write(file, buffer.AsSpan(0, count), position);
                position += count;
                _bytes += count;
                progress(_bytes);
            }
        }

        Own(path, entry.Mode);
    }

    private void Own(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows()) return;
        // Group and others as the server had it, never more than reading.
        const UnixFileMode allowed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        File.SetUnixFileMode(path, mode & allowed);
        if (user is not null) Posix.ChangeOwner(path, user.Id, user.Group);
    }
}
