using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AskTrust.Drp.Engine.Repositories.Local;

/// <summary>The calls to the C library that .NET does not offer. On Windows none is needed: a move there never replaces.</summary>
internal static partial class FileSystemCalls
{
    /// <summary>The name is taken; the same number everywhere but on Windows.</summary>
    public const int Eexist = 17;

    private const int OpenReadOnlyCloseOnExec = 0x80000;
    private const int Eacces = 13;
    private const int WriteAndEnter = 3;
    private const int AtCurrentFolder = -100;
    private const uint RenameNoReplaceFlag = 1;
    private const uint RenameExclusiveFlag = 4;
    private const int SymlinkNoFollow = 0x100;
    private const uint StatxLinkCount = 4;
    private const uint StartWritingBack = 2;

    /// <summary>How an attempt to publish ended.</summary>
    public enum Outcome
    {
        /// <summary>The new name is there.</summary>
        Done,

        /// <summary>Something of that name exists.</summary>
        Exists,

        /// <summary>This file system cannot do it that way.</summary>
        NotSupported,
    }

    /// <summary>Gives a file a second name, unless that name is taken.</summary>
    public static Outcome Link(string existing, string second)
    {
        if (link(existing, second) == 0) return Outcome.Done;
        int errno = Marshal.GetLastPInvokeError();
        // Over NFS the reply to a link that was made can get lost, and the repeated request finds the name taken: by us.
        if (errno == Eexist) return OperatingSystem.IsLinux() && LinkCount(existing) == 2 ? Outcome.Done : Outcome.Exists;
        return IsNotSupported(errno) ? Outcome.NotSupported : throw Failure(errno, second);
    }

    /// <summary>Renames a file, unless the new name is taken.</summary>
    public static Outcome RenameNoReplace(string from, string to)
    {
        int result;
        try
        {
            result = OperatingSystem.IsMacOS()
                ? renamex_np(from, to, RenameExclusiveFlag)
                : renameat2(AtCurrentFolder, from, AtCurrentFolder, to, RenameNoReplaceFlag);
        }
        catch (EntryPointNotFoundException)
        {
            return Outcome.NotSupported;
        }

        if (result == 0) return Outcome.Done;
        int errno = Marshal.GetLastPInvokeError();
        if (errno == Eexist) return Outcome.Exists;
        return IsNotSupported(errno) ? Outcome.NotSupported : throw Failure(errno, to);
    }

    /// <summary>Makes the names in a folder durable.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        int descriptor = open(folder, OperatingSystem.IsLinux() ? OpenReadOnlyCloseOnExec : 0);
        if (descriptor < 0) throw Failure(Marshal.GetLastPInvokeError(), folder);
        try
        {
            // Some network file systems cannot sync folders and say EINVAL; they are synchronous there.
            if (fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() is var errno && !IsNotSupported(errno)) throw Failure(errno, folder);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <summary>Fails as making a file in a folder would, and makes none.</summary>
    /// <exception cref="UnauthorizedAccessException">No right to.</exception>
    /// <exception cref="IOException">For another reason, as a file system that is read-only.</exception>
    public static void RequireWritable(string folder)
    {
        if (OperatingSystem.IsWindows() || access(folder, WriteAndEnter) == 0) return;
        int errno = Marshal.GetLastPInvokeError();
        IOException failure = Failure(errno, folder);
        if (errno == Eacces) throw new UnauthorizedAccessException(failure.Message, failure);
        throw failure;
    }

    /// <summary>Starts writing a range to the disk without waiting, so that the flush at the end finds little left to do.</summary>
    public static void StartWriteback(SafeFileHandle file, long offset, long length)
    {
        // A hint: where it fails, the flush at the end does all the work.
        if (OperatingSystem.IsLinux()) _ = sync_file_range(file, offset, length, StartWritingBack);
    }

    private static int LinkCount(string path)
    {
        byte[] buffer = new byte[256];
        // The layout of statx, unlike that of stat, is the same on every architecture: the link count is at byte 16.
        return statx(AtCurrentFolder, path, SymlinkNoFollow, StatxLinkCount, ref buffer[0]) == 0 ? BitConverter.ToInt32(buffer, 16) : 0;
    }

    /// <summary>EPERM, EXDEV, EINVAL, EMLINK, ENOSYS, EOPNOTSUPP and their numbers on macOS.</summary>
    private static bool IsNotSupported(int errno) => errno is 1 or 18 or 22 or 31 || (OperatingSystem.IsMacOS() ? errno is 45 or 78 or 102 : errno is 38 or 95);

    private static IOException Failure(int errno, string path) => new($"{new Win32Exception(errno).Message}: {path}", errno);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string second);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renamex_np(string from, string to, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, ref byte result);
}
