using System.Globalization;

namespace AskTrust.Drp.TestBed;

/// <summary>
/// A temporary folder of one test or server, removed on disposal. Folders that a killed test process left behind are removed
/// by the next one. Other users may pass through it (servers that refuse root need that); they may not list it.
/// </summary>
public sealed class TestFolder : IDisposable
{
    private static readonly string s_root = System.IO.Path.Join(System.IO.Path.GetTempPath(), "drp-tests");
    private static readonly Lazy<string> s_mine = new(MakeMine);
    private static int s_count;

    /// <summary>Makes it.</summary>
    /// <param name="name">What it is for; part of the path, keep it short (UNIX sockets allow about 100 bytes).</param>
    public TestFolder(string name = "t")
    {
        Path = System.IO.Path.Join(s_mine.Value, $"{name}{Interlocked.Increment(ref s_count).ToString(CultureInfo.InvariantCulture)}");
        Directory.CreateDirectory(Path);
        Traversable(Path);
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>A path inside.</summary>
    public string this[params string[] parts] => System.IO.Path.Join([Path, .. parts]);

    /// <summary>Makes a folder inside and gives its path.</summary>
    public string Sub(string name) => Directory.CreateDirectory(this[name]).FullName;

    /// <summary>Writes a file inside, readable for its owner only, and gives its path.</summary>
    public string Write(string name, string text)
    {
        string file = this[name];
        File.WriteAllText(file, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    /// <inheritdoc/>
    public void Dispose() => Remove(Path);

    private static string MakeMine()
    {
        Directory.CreateDirectory(s_root);
        Traversable(s_root);
        foreach (string folder in Directory.EnumerateDirectories(s_root))
        {
            if (int.TryParse(System.IO.Path.GetFileName(folder), CultureInfo.InvariantCulture, out int pid) && !IsAlive(pid)) Remove(folder);
        }

        string mine = System.IO.Path.Join(s_root, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(mine);
        Traversable(mine);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(mine);
        return mine;
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Traversable(string folder)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    private static void Remove(string folder)
    {
        PostgreSqlServers.End(folder);
        // A server that was just killed may still be writing its last file.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Left for the next test process: a temporary folder is not worth a red test.
                if (attempt == 5) return;
                Thread.Sleep(50);
            }
        }
    }
}
