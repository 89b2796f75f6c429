using AskTrust.Drp.Engine.Components.Certificates;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Private;

/// <summary>Files that hold passwords or keys: readable by their owner only, and not in Git.</summary>
internal static class SecretFiles
{
    private const int Start = 8192;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly string[] s_samples = ["example", "sample", "template", "dist", "defaults"];

    /// <summary>True for env files and keys, by name and, where the name says nothing, by how they begin.</summary>
    public static bool IsSecret(string path)
    {
        string name = Path.GetFileName(path);
        if (IsEnvironment(name)) return true;
        string? folder = Path.GetFileName(Path.GetDirectoryName(path));
        if (folder is "secrets" or "private") return true;
        try
        {
            using FileStream file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[Start];
            return CertificateReader.HoldsKey(path, start[..file.ReadAtLeast(start, Start, throwOnEndOfStream: false)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Who may not read it cannot tell; the backup says that it is missing.
            return false;
        }
    }

    /// <summary>True for <c>.env</c>, <c>.env.production</c>, <c>db.env</c>; not for examples of them.</summary>
    public static bool IsEnvironment(string name)
    {
        bool looks = name == ".env" || name.StartsWith(".env.", StringComparison.Ordinal) || name.EndsWith(".env", StringComparison.Ordinal);
        return looks && !name.Split('.').Any(part => s_samples.Contains(part, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Looks at every such file.</summary>
    public static async Task<IReadOnlyList<Finding>> LookAsync(KeptFiles files, HostContext host, CancellationToken ct)
    {
        string[] secret = [.. files.Files().Where(f => File.Exists(f) && IsSecret(f)).Distinct(StringComparer.Ordinal)];
        if (secret.Length == 0) return [];
        return [.. Modes(secret), .. await GitAsync(secret, host, ct).ConfigureAwait(false)];
    }

    private static IEnumerable<Finding> Modes(string[] secret)
    {
        if (OperatingSystem.IsWindows()) yield break;
        int bad = 0;
        foreach (string file in secret)
        {
            UnixFileMode mode = File.GetUnixFileMode(file);
            if ((mode & Others) == UnixFileMode.None) continue;
            bad++;
            yield return new Finding(PrivateTexts.CheckModes, CheckVerdict.Warning, Text.Of(PrivateTexts.OpenMode, file, Octal(mode)), Text.Of(PrivateTexts.OpenModeHint, file), DrpError.Incomplete);
        }

        if (bad == 0) yield return new Finding(PrivateTexts.CheckModes, CheckVerdict.Ok, Text.Of(PrivateTexts.ModesGood, secret.Length));
    }

    /// <summary>What Git keeps, everybody has who ever cloned it.</summary>
    private static async Task<IReadOnlyList<Finding>> GitAsync(string[] secret, HostContext host, CancellationToken ct)
    {
        var inRepositories = secret.GroupBy(f => Path.GetDirectoryName(f)!).Where(g => IsInRepository(g.Key)).ToArray();
        if (inRepositories.Length == 0) return [new Finding(PrivateTexts.CheckGit, CheckVerdict.Ok, PrivateTexts.NoRepository)];
        if (host.Processes.Find("git") is null)
            return [new Finding(PrivateTexts.CheckGit, CheckVerdict.Warning, Text.Of(PrivateTexts.NoGit, string.Join(", ", inRepositories.Select(g => g.Key))), PrivateTexts.NoGitHint, DrpError.Incomplete)];
        List<Finding> found = [];
        foreach (var folder in inRepositories)
        {
            // The repository may belong to somebody else, and its own settings may name programs: neither is obeyed.
            var list = new Command("git", ["-C", folder.Key, "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "ls-files", "-z", "--cached", "--", .. folder.Select(Path.GetFileName).OfType<string>()])
            {
                Timeout = s_patience, Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["GIT_OPTIONAL_LOCKS"] = "0", ["LC_ALL"] = "C", ["GIT_LITERAL_PATHSPECS"] = "1" },
            };
            ProcessResult result = await host.Processes.RunAsync(list, ct).ConfigureAwait(false);
            if (!result.Ok)
            {
                found.Add(new Finding(PrivateTexts.CheckGit, CheckVerdict.Warning, Text.Of(PrivateTexts.GitFailed, folder.Key, result.Errors.Trim()), null, DrpError.Incomplete));
                continue;
            }

            foreach (string name in result.Text.Split('\0', StringSplitOptions.RemoveEmptyEntries))
            {
                string file = Path.Combine(folder.Key, name);
                found.Add(new Finding(PrivateTexts.CheckGit, CheckVerdict.Warning, Text.Of(PrivateTexts.Tracked, file), Text.Of(PrivateTexts.TrackedHint, folder.Key, name), DrpError.Incomplete));
            }
        }

        return found.Count > 0 ? found : [new Finding(PrivateTexts.CheckGit, CheckVerdict.Ok, Text.Of(PrivateTexts.NotTracked, secret.Length))];
    }

    private static bool IsInRepository(string folder)
    {
        for (string? at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (Path.Exists(Path.Combine(at, ".git"))) return true;
        }

        return false;
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode & 0b111_111_111, 8).PadLeft(4, '0');
}
