namespace AskTrust.Drp.Engine.Host;

/// <summary>Who works in a folder: servers stand in their data directory.</summary>
internal static class ProcessesIn
{
    /// <summary>Ids of programs whose name begins so and whose working folder it is; empty where the system does not tell.</summary>
    public static IReadOnlyList<int> Folder(string folder, string program)
    {
        if (!OperatingSystem.IsLinux()) return [];
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        List<int> found = [];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), System.Globalization.CultureInfo.InvariantCulture, out int id)) continue;
            try
            {
                if (File.ReadAllText(Path.Join(process, "comm")).StartsWith(program, StringComparison.Ordinal) && new DirectoryInfo(Path.Join(process, "cwd")).LinkTarget == path) found.Add(id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended, or is not ours to look at.
            }
        }

        return found;
    }
}
