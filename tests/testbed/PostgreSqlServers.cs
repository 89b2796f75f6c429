using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace AskTrust.Drp.TestBed;

/// <summary>
/// Ends whatever servers still run below a folder, and gives back their shared memory. A killed server leaves a segment of System V
/// behind, and Linux gives out 4096 of them (<c>kernel.shmmni</c>): a machine that runs these tests day after day would soon start no
/// server at all.
/// </summary>
internal static class PostgreSqlServers
{
    private const int Quit = 3;
    private const int Continue = 18;
    private const int Remove = 0;

    /// <summary>Ends those below a folder at once: no checkpoint, and no more than five seconds of patience.</summary>
    public static void End(string folder)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(folder)) return;
        var everywhere = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (string file in Directory.EnumerateFiles(folder, "postmaster.pid", everywhere))
        {
            string[] lines = Read(file);
            if (lines.Length == 0 || !int.TryParse(lines[0], CultureInfo.InvariantCulture, out int server)) continue;
            string data = Path.GetDirectoryName(file)!;
            if (Serves(server, data) && kill(server, Quit) == 0)
            {
                // A test may have stopped it.
                _ = kill(server, Continue);
                for (var clock = Stopwatch.StartNew(); Serves(server, data) && clock.Elapsed.TotalSeconds < 5;) Thread.Sleep(5);
            }

            if (lines.Length >= 7 && !Serves(server, data)) Release(lines[6], server);
        }
    }

    /// <summary>Process ids are used again: a server works in its data directory.</summary>
    private static bool Serves(int process, string data)
    {
        try
        {
            return Directory.ResolveLinkTarget($"/proc/{process}/cwd", returnFinalTarget: false)?.FullName == Path.GetFullPath(data);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return false;
        }
    }

    /// <summary>Removes the segment that a server names in its file, when it is that server's and nobody is attached.</summary>
    /// <param name="line">Line of <c>postmaster.pid</c>: key and id.</param>
    /// <param name="server">Process id of the server.</param>
    private static void Release(string line, int server)
    {
        if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [_, var id]) return;
        // Fields as of proc(5): key, shmid, perms, size, cpid, lpid, nattch …
        bool ours = File.ReadLines("/proc/sysvipc/shm").Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(f => f.Length > 6 && f[1] == id && f[4] == server.ToString(CultureInfo.InvariantCulture) && f[6] == "0");
        if (ours) _ = shmctl(int.Parse(id, CultureInfo.InvariantCulture), Remove, 0);
    }

    private static string[] Read(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just ended.
            return [];
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int shmctl(int id, int command, nint buffer);
}
