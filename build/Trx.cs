using System.Xml.Linq;

namespace AskTrust.Drp.Build;

/// <summary>How one suite ended.</summary>
/// <param name="Name">Suite.</param>
/// <param name="Passed">Tests that passed.</param>
/// <param name="Failed">Tests that failed.</param>
/// <param name="Skipped">Tests that did not run, each with its reason printed.</param>
/// <param name="Elapsed">How long the suite took.</param>
internal sealed record SuiteResult(string Name, int Passed, int Failed, int Skipped, TimeSpan Elapsed)
{
    /// <summary>Names and messages of what failed, and names and reasons of what was skipped.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}

/// <summary>Reads the result files of `dotnet test`.</summary>
internal static class Trx
{
    private static readonly XNamespace s_ns = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    public static SuiteResult Read(string suite, string file, TimeSpan elapsed)
    {
        int passed = 0, failed = 0, skipped = 0;
        List<string> remarks = [];
        foreach (var test in XDocument.Load(file).Descendants(s_ns + "UnitTestResult"))
        {
            string outcome = (string?)test.Attribute("outcome") ?? "";
            string message = test.Descendants(s_ns + "Message").FirstOrDefault()?.Value.Trim() ?? "";
            switch (outcome)
            {
                case "Passed":
                    passed++;
                    break;
                case "NotExecuted":
                    skipped++;
                    remarks.Add($"skipped: {(string?)test.Attribute("testName")}: {FirstLine(message)}");
                    break;
                default:
                    failed++;
                    remarks.Add($"FAILED:  {(string?)test.Attribute("testName")}: {OneLine(message)}");
                    break;
            }
        }

        return new SuiteResult(suite, passed, failed, skipped, elapsed) { Remarks = remarks };
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();

    /// <summary>The whole message in a line. Of a long one, where it begins (what failed) and where it ends (why, when it holds the output of a program).</summary>
    private static string OneLine(string text)
    {
        const int half = 400;
        string line = string.Join(" | ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.Length <= 2 * half ? line : $"{line[..half]} … {line[^half..]}";
    }
}
