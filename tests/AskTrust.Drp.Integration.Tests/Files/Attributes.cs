using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AskTrust.Drp.Integration.Tests.Files;

/// <summary>Extended attributes, of which ACLs are some.</summary>
internal static class Attributes
{
    public static void Set(string path, string name, byte[] value)
    {
        if (setxattr(Text(path), Text(name), value, value.Length, 0) != 0) throw new Win32Exception();
    }

    public static byte[] Get(string path, string name)
    {
        byte[] value = new byte[4096];
        nint length = getxattr(Text(path), Text(name), value, value.Length);
        return length >= 0 ? value[..(int)length] : throw new Win32Exception();
    }

    /// <summary>Owner rwx, this user rx, group nothing, mask rx, others nothing: as the kernel stores it.</summary>
    public static byte[] AclFor(uint user)
    {
        (ushort Tag, ushort Rights, uint Id)[] entries = [(1, 7, uint.MaxValue), (2, 5, user), (4, 0, uint.MaxValue), (16, 5, uint.MaxValue), (32, 0, uint.MaxValue)];
        byte[] value = new byte[4 + (8 * entries.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(value, 2);
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> at = value.AsSpan(4 + (8 * i));
            BinaryPrimitives.WriteUInt16LittleEndian(at, entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], entries[i].Rights);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], entries[i].Id);
        }

        return value;
    }

    private static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text + "\0");

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int setxattr(byte[] path, byte[] name, byte[] value, nint size, int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint getxattr(byte[] path, byte[] name, byte[] value, nint size);
}
