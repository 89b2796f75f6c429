using System.Globalization;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>A folder of PostgreSQL client programs.</summary>
/// <param name="Folder">The folder; null = inside a container, by PATH.</param>
/// <param name="Major">Major version of its <c>pg_dump</c>.</param>
internal sealed partial record ClientPrograms(string? Folder, int Major)
{
    /// <summary>Every folder of client programs on this machine, oldest first; folders named by version before what PATH holds (on Debian a wrapper).</summary>
    public static async Task<IReadOnlyList<ClientPrograms>> ListAsync(IProcessRunner processes, CancellationToken ct)
    {
        var found = new List<ClientPrograms>();
        foreach (string folder in KnownFolders())
        {
            if (VersionInPath().Match(folder) is { Success: true } version && processes.Find(Path.Combine(folder, "pg_dump" + Suffix)) is not null)
                found.Add(new ClientPrograms(folder, int.Parse(version.Groups["major"].Value, CultureInfo.InvariantCulture)));
        }

        if (processes.Find("pg_dump") is { } onPath && Path.GetDirectoryName(onPath) is { } folderOnPath && !IsKnown(onPath, found))
        {
            ProcessResult result = await processes.RunAsync(new Command(onPath, "--version"), ct).ConfigureAwait(false);
            if (result.Ok && MajorOf(result.Text) is { } major && !found.Exists(p => p.Major == major)) found.Add(new ClientPrograms(folderOnPath, major));
        }

        return [.. found.OrderBy(p => p.Major)];
    }

    /// <summary>
    /// The programs to use with a server: of the same major version, else the next newer one (<c>pg_dump</c> refuses servers newer than itself);
    /// null when there is none.
    /// </summary>
    public static ClientPrograms? Choose(IEnumerable<ClientPrograms> installed, int serverMajor) =>
        installed.Where(p => p.Major >= serverMajor).MinBy(p => p.Major);

    /// <summary>A program of this machine that fits a server of that major version, for work without a server.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>, with what to install.</exception>
    public static async Task<Command> CommandAsync(IProcessRunner processes, string program, int major, CancellationToken ct, params IReadOnlyList<string> arguments)
    {
        var installed = await ListAsync(processes, ct).ConfigureAwait(false);
        if (Choose(installed, major)?.Folder is { } folder) return new Command(Path.Combine(folder, program + Suffix), arguments);
        string have = installed.Count == 0 ? PostgreSqlTexts.NoVersion : string.Join(", ", installed.Select(p => p.Major));
        throw new DrpException(DrpError.Unreachable, Text.Of(PostgreSqlTexts.ToolsTooOld, program, major, have)) { Hint = Text.Of(PostgreSqlTexts.ToolsTooOldHint, major), Subject = program };
    }

    /// <summary>Major version in a line like <c>pg_dump (PostgreSQL) 15.18 (Debian …)</c>; null when there is none.</summary>
    public static int? MajorOf(string versionLine) =>
        VersionInLine().Match(versionLine) is { Success: true } m ? int.Parse(m.Groups["major"].Value, CultureInfo.InvariantCulture) : null;

    private static string Suffix => OperatingSystem.IsWindows() ? ".exe" : "";

    /// <summary>True for what only leads to a folder already found: a link into it, or Debian's wrapper (perl, so slow to ask) around all of them.</summary>
    private static bool IsKnown(string program, List<ClientPrograms> found)
    {
        if (File.ResolveLinkTarget(program, returnFinalTarget: true) is not { } target) return false;
        return (target.Name == "pg_wrapper" && found.Count > 0) || found.Exists(p => p.Folder == Path.GetDirectoryName(target.FullName));
    }

    private static IEnumerable<string> KnownFolders()
    {
        string programs = Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles);
        (string Parent, string Pattern, string Below)[] places = OperatingSystem.IsWindows()
            ? [(Path.Combine(programs, "PostgreSQL"), "*", "bin")]
            : [("/usr/lib/postgresql", "*", "bin"), ("/usr", "pgsql-*", "bin"), ("/opt/homebrew/opt", "postgresql@*", "bin"), ("/usr/local/opt", "postgresql@*", "bin"),
                ("/Library/PostgreSQL", "*", "bin"), ("/usr/local/pgsql", "*", "bin")];
        return places.Where(p => Directory.Exists(p.Parent))
            .SelectMany(p => Directory.EnumerateDirectories(p.Parent, p.Pattern).Select(d => Path.Combine(d, p.Below)));
    }

    [GeneratedRegex(@"(^|[\\/@-])(?<major>\d{1,2})(\.\d+)?[\\/]bin$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionInPath();

    [GeneratedRegex(@"\) (?<major>\d+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionInLine();
}
