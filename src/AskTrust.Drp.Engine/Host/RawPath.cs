using System.Runtime.InteropServices;

namespace AskTrust.Drp.Engine.Host;

/// <summary>Calls on paths as the bytes they are: the file systems of Linux know no encoding, .NET only UTF-8. Paths end with a zero byte. Nothing here follows a symbolic link at the end of a path.</summary>
internal static partial class RawPath
{
    private const int Here = -100;
    private const int NoFollow = 0x100;
    private const int Folder = 0x200000 | 0x10000 | 0x20000 | 0x80000; // O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC

    /// <summary>A path below a folder.</summary>
    public static byte[] Join(string folder, ReadOnlySpan<byte> path) => [.. System.Text.Encoding.UTF8.GetBytes(folder), (byte)'/', .. path, 0];

    /// <summary>True when something of that name is there.</summary>
    public static bool Exists(byte[] path) => faccessat(Here, path, 0, NoFollow) == 0;

    /// <summary>True when it is a folder, and no link to one.</summary>
    public static bool IsFolder(byte[] path)
    {
        int file = open(path, Folder);
        if (file < 0) return false;
        _ = close(file);
        return true;
    }

    /// <summary>Renames; what stands at the new name and is no folder is replaced.</summary>
    /// <exception cref="IOException">It could not.</exception>
    public static void Move(byte[] from, byte[] to)
    {
        if (rename(from, to) != 0) throw Failed("rename", from);
    }

    /// <summary>Makes the folders above a path, private ones, from a folder that is there.</summary>
    /// <param name="path">Below the folder.</param>
    /// <param name="start">Length of the folder that is there.</param>
    public static void MakeParents(byte[] path, int start)
    {
        for (int at = start + 1; at < path.Length; at++)
        {
            if (path[at] != (byte)'/') continue;
            byte[] parent = [.. path.AsSpan(0, at), 0];
            if (mkdir(parent, 0b111_000_000) != 0 && !IsFolder(parent)) throw Failed("mkdir", parent);
        }
    }

    private static IOException Failed(string call, byte[] path)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {System.Text.Encoding.UTF8.GetString(path.AsSpan(0, path.Length - 1))}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int faccessat(int folder, byte[] path, int mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte[] path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int rename(byte[] from, byte[] to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdir(byte[] path, uint mode);
}
