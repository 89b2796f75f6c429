namespace AskTrust.Drp.Engine.Components.Private;

/// <summary>The paths of a plan as they are today: which are there, and what their links lead to.</summary>
/// <param name="Paths">Everything that is kept, outermost only, in order: what the plan names, and what a link it names leads to.</param>
/// <param name="Missing">Paths of the plan that are not there.</param>
internal sealed record KeptFiles(IReadOnlyList<KeptPath> Paths, IReadOnlyList<string> Missing)
{
    /// <summary>Most files looked at one by one (rights, Git, links); a folder with more holds data, not configuration.</summary>
    private const int Most = 20_000;

    /// <summary>Looks. Reads names only.</summary>
    public static KeptFiles Look(IEnumerable<string> paths)
    {
        SortedSet<string> there = new(StringComparer.Ordinal);
        List<string> missing = [];
        foreach (string path in paths.Select(Path.TrimEndingDirectorySeparator))
        {
            if (!Path.Exists(path) && !IsLink(path)) missing.Add(path);
            else if (there.Add(path) && Target(path) is { } target && Path.Exists(target)) there.Add(target);
        }

        // What lies in a folder that is kept is kept with it.
        string[] outermost = [.. there.Where(p => !there.Any(o => o != p && IsInside(p, o) && !IsLink(o)))];
        return new KeptFiles([.. outermost.Select(p => new KeptPath(p, Directory.Exists(p) && !IsLink(p)))], missing);
    }

    /// <summary>Every file, links included.</summary>
    public IEnumerable<string> Files() => Paths.SelectMany(p => p.Folder ? Directory.EnumerateFiles(p.Path, "*", s_walk) : [p.Path]).Take(Most);

    /// <summary>Links that lead to what is not kept: restored, they lead nowhere.</summary>
    public IEnumerable<(string Link, string Target)> Loose() =>
        from link in Paths.SelectMany(p => p.Folder ? Directory.EnumerateFileSystemEntries(p.Path, "*", s_walk) : [p.Path]).Take(Most)
        where IsLink(link)
        let target = Target(link)
        where target is not null && !Paths.Any(p => p.Path == target || (p.Folder && IsInside(target, p.Path)))
        select (link, target);

    /// <summary>Folders above a path, outermost first, the root left out.</summary>
    public static IEnumerable<string> Above(string path)
    {
        Stack<string> above = new();
        for (string? at = Path.GetDirectoryName(path); at is not null && Path.GetDirectoryName(at) is not null; at = Path.GetDirectoryName(at)) above.Push(at);
        return above;
    }

    /// <summary>True when a path lies in a folder.</summary>
    public static bool IsInside(string path, string folder) => path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static readonly EnumerationOptions s_walk = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private static string? Target(string path)
    {
        try
        {
            FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            return entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
        }
        catch (IOException)
        {
            // Links in a circle lead nowhere.
            return null;
        }
    }
}
