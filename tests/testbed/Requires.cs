using Xunit;

namespace AskTrust.Drp.TestBed;

/// <summary>
/// What a test needs of the machine. Missing on a laptop: the test is skipped, with the reason. Missing in CI (environment
/// variable <c>CI=true</c>): the test fails, so that nothing is silently left out. Tests that use it carry
/// <c>[SkippableFact]</c> or <c>[SkippableTheory]</c>; call it inside the test (or what the test awaits), not in a fixture's constructor.
/// </summary>
public static class Requires
{
    private static readonly string[] s_extraFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

    /// <summary>True where a missing server is a failure.</summary>
    public static bool IsCI => string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Every one of these programs must be installed.</summary>
    public static void Programs(params string[] programs)
    {
        string[] missing = [.. programs.Where(p => Find(p) is null)];
        That(missing.Length == 0, $"not installed: {string.Join(", ", missing)}");
    }

    /// <summary>Some other condition.</summary>
    public static void That(bool met, string otherwise)
    {
        if (met) return;
        if (IsCI) throw new InvalidOperationException($"CI must have it all: {otherwise}");
        Skip.If(true, otherwise);
    }

    /// <summary>Full path of a program on PATH or in the system folders; null when there is none.</summary>
    public static string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal)) return File.Exists(program) ? program : null;
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return path.Concat(s_extraFolders).Select(folder => Path.Join(folder, program)).FirstOrDefault(File.Exists);
    }
}
