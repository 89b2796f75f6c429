namespace AskTrust.Drp.Cli;

/// <summary>
/// What <c>restore_command</c> must end with. PostgreSQL takes every code from 1 to 125 for “there is no such file”, and so for the end of the WAL: it would
/// finish the recovery early, and open the database as if nothing were missing. Only 126, 127 and codes above 128 stop it.
/// </summary>
internal static class WalExit
{
    /// <summary>Nobody knows whether the file is in the archive: the recovery must stop.</summary>
    public const int Unknown = 126;

    /// <summary>The exit code of the whole program, wrong usage included.</summary>
    public static int Of(string[] args, int code) =>
        IsFetch(args) && code is not (0 or (int)DrpError.WalNotInArchive) && code is < 126 or 128 ? Unknown : code;

    private static bool IsFetch(string[] args)
    {
        int wal = Array.IndexOf(args, "wal");
        return wal >= 0 && Array.IndexOf(args, "fetch", wal) > wal && !args.Contains("--help", StringComparer.Ordinal);
    }
}
