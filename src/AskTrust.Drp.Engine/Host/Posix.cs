using System.Runtime.InteropServices;

namespace AskTrust.Drp.Engine.Host;

/// <summary>The few calls of the C library that .NET does not offer. Linux and macOS only; callers look at the system first.</summary>
internal static partial class Posix
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    private const int SetPipeSize = 1031;
    private static readonly object s_users = new();

    /// <summary>True when we may act for every user.</summary>
    public static bool IsRoot => !OperatingSystem.IsWindows() && geteuid() == 0;

    /// <summary>Our effective user id.</summary>
    public static uint UserId => OperatingSystem.IsWindows() ? 0 : geteuid();

    /// <summary>Sends a signal to a process (positive id) or a process group (negative id); false when there is none.</summary>
    public static bool Signal(int id, int signal) => kill(id, signal) == 0;

    /// <summary>Makes a named pipe only we can open.</summary>
    public static void MakeFifo(string path)
    {
        if (mkfifo(path, 0b110_000_000) != 0) throw new IOException($"mkfifo {path}: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Shows the end of input to programs that wait for somebody to open a named pipe for writing; nothing happens to any other file.</summary>
    public static void WakeReaders(string path)
    {
        int flags = OperatingSystem.IsMacOS() ? 0x1000005 : 0x80801; // O_WRONLY | O_NONBLOCK | O_CLOEXEC
        int pipe = open(path, flags);
        if (pipe >= 0) _ = close(pipe);
    }

    /// <summary>Asks the kernel for a larger pipe buffer; a refusal (limit of the user, other system) only costs speed.</summary>
    public static void EnlargePipe(SafeHandle pipe, int bytes)
    {
        if (!OperatingSystem.IsLinux()) return;
        bool added = false;
        try
        {
            pipe.DangerousAddRef(ref added);
            _ = fcntl((int)pipe.DangerousGetHandle(), SetPipeSize, bytes);
        }
        finally
        {
            if (added) pipe.DangerousRelease();
        }
    }

    /// <summary>Gives the room of some bytes of a file back; they read as zeros from then on. A file system that cannot keeps them.</summary>
    public static void PunchHole(SafeHandle file, long offset, long length)
    {
        const int keepSize = 1, punchHole = 2;
        if (!OperatingSystem.IsLinux()) return;
        bool added = false;
        try
        {
            file.DangerousAddRef(ref added);
            _ = fallocate((int)file.DangerousGetHandle(), keepSize | punchHole, offset, length);
        }
        finally
        {
            if (added) file.DangerousRelease();
        }
    }

    /// <summary>Gives a file or folder to a user; a link itself, not what it points to.</summary>
    public static void ChangeOwner(string path, uint user, uint group)
    {
        if (lchown(path, user, group) != 0) throw new IOException($"lchown {path}: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Makes the names in a folder durable.</summary>
    public static void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        WithFolder(path, fsync);
    }

    /// <summary>Makes everything written so far to the file system of a folder durable.</summary>
    public static void SyncFileSystem(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        if (OperatingSystem.IsLinux()) WithFolder(path, syncfs);
        else sync();
    }

    /// <summary>Looks a user up in the system's user database; null when there is none.</summary>
    public static SystemUser? FindUser(string name)
    {
        if (OperatingSystem.IsWindows()) return null;
        lock (s_users)
        {
            // getpwnam answers in a static buffer: read all of it before letting the next caller in.
            nint entry = getpwnam(name);
            if (entry == 0) return null;
            int afterNames = 2 * nint.Size;
            uint user = (uint)Marshal.ReadInt32(entry, afterNames);
            uint group = (uint)Marshal.ReadInt32(entry, afterNames + 4);
            // Linux: gecos, dir. macOS: change, class, gecos, dir.
            int home = afterNames + 8 + (OperatingSystem.IsMacOS() ? 3 : 1) * nint.Size;
            return new SystemUser(name, user, group, Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(entry, home)) ?? "/");
        }
    }

    /// <summary>How full the file system of a path is; on 64-bit Linux only, whose C libraries agree on the first fields.</summary>
    public static FileSystemNumbers FileSystem(string path)
    {
        Span<ulong> numbers = stackalloc ulong[32];
        if (statvfs(path, numbers) != 0) throw new IOException($"statvfs {path}: errno {Marshal.GetLastPInvokeError()}");
        return new FileSystemNumbers(numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]);
    }

    private static void WithFolder(string path, Func<int, int> act)
    {
        int folder = open(path, 0);
        if (folder < 0) throw new IOException($"open {path}: errno {Marshal.GetLastPInvokeError()}");
        try
        {
            if (act(folder) != 0) throw new IOException($"sync {path}: errno {Marshal.GetLastPInvokeError()}", Marshal.GetLastPInvokeError());
        }
        finally
        {
            _ = close(folder);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(int file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statvfs(string path, Span<ulong> numbers);

    [LibraryImport("libc")]
    private static partial void sync();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int value);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint user, uint group);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint getpwnam(string name);
}

/// <summary>A user of this machine.</summary>
internal sealed record SystemUser(string Name, uint Id, uint Group, string Home);
