namespace AskTrust.Drp.Engine.Host;

/// <summary>Tells a full file system from other faults.</summary>
internal static class DiskFull
{
    /// <summary>ENOSPC, EFBIG, EDQUOT (Linux, macOS); ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL.</summary>
    public static bool Is(Exception e) => e is IOException { HResult: 28 or 27 or 122 or 69 or unchecked((int)0x80070070) or unchecked((int)0x80070027) };

    /// <summary>The error for a file or folder of the state directory.</summary>
    public static DrpException Error(string path, Exception cause) =>
        new(DrpError.NotEnoughSpace, Text.Of(HostTexts.DiskFull, path), cause) { Subject = path, Hint = HostTexts.DiskFullHint };
}
