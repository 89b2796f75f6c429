namespace AskTrust.Drp.Build.Help;

/// <summary>One example: title, code that a test runs, remarks.</summary>
internal sealed record HelpExample(string Title, string Code, string Remarks);

/// <summary>
/// The text of a cmdlet in one language, read from <c>help/LANGUAGE/Cmdlet.md</c>: a heading with the name, the synopsis, and the
/// sections <c>## Description</c>, <c>## Parameters</c> (<c>### Name</c>) and <c>## Examples</c> (<c>### Title</c>, one fenced block, remarks).
/// </summary>
internal sealed record HelpText(string Name, string Synopsis, string Description, IReadOnlyDictionary<string, string> Parameters, IReadOnlyList<HelpExample> Examples)
{
    /// <summary>File with the parameters that many cmdlets share.</summary>
    public const string Shared = "shared.md";

    /// <summary>Section names by language.</summary>
    public static readonly IReadOnlyDictionary<string, (string Description, string Parameters, string Examples)> Sections =
        new Dictionary<string, (string, string, string)>(StringComparer.Ordinal)
        {
            ["en"] = ("Description", "Parameters", "Examples"),
            ["fr"] = ("Description", "Paramètres", "Exemples"),
        };

    /// <summary>Reads the text of a cmdlet together with that of the shared parameters.</summary>
    public static HelpText Read(string folder, string language, string cmdlet)
    {
        string path = Path.Join(folder, language, cmdlet + ".md");
        if (!File.Exists(path)) throw new BuildException($"{path} is missing: every cmdlet has help in {language}.");
        var shared = ReadParameters(Parse(File.ReadAllText(Path.Join(folder, language, Shared))), Sections[language].Parameters);
        var own = Parse(File.ReadAllText(path));
        var parameters = new Dictionary<string, string>(shared, StringComparer.Ordinal);
        foreach (var (name, text) in ReadParameters(own, Sections[language].Parameters)) parameters[name] = text;
        var top = own.FirstOrDefault(s => s.Level == 1) ?? throw new BuildException($"{path} has no heading.");
        string description = own.FirstOrDefault(s => s.Level == 2 && s.Title == Sections[language].Description)?.Body ?? "";
        return new HelpText(top.Title, top.Body, description, parameters, [.. Below(own, Sections[language].Examples).Select(ToExample)]);
    }

    /// <summary>Parameters described in the cmdlet's own file or the shared one.</summary>
    public static IReadOnlyDictionary<string, string> OwnParameters(string folder, string language, string cmdlet) =>
        ReadParameters(Parse(File.ReadAllText(Path.Join(folder, language, cmdlet + ".md"))), Sections[language].Parameters);

    private static Dictionary<string, string> ReadParameters(IReadOnlyList<Section> sections, string heading) =>
        Below(sections, heading).ToDictionary(s => s.Title, s => s.Body, StringComparer.Ordinal);

    private static IEnumerable<Section> Below(IReadOnlyList<Section> sections, string heading) =>
        sections.SkipWhile(s => s.Level != 2 || s.Title != heading).Skip(1).TakeWhile(s => s.Level == 3);

    private static HelpExample ToExample(Section section)
    {
        string[] parts = section.Body.Split("```", 3);
        if (parts.Length < 3) throw new BuildException($"example “{section.Title}” has no fenced code.");
        string code = parts[1][(parts[1].IndexOf('\n', StringComparison.Ordinal) + 1)..].TrimEnd();
        return new HelpExample(section.Title, code, (parts[0].Trim() + "\n" + parts[2].Trim()).Trim());
    }

    private static List<Section> Parse(string markdown)
    {
        List<Section> sections = [];
        bool fenced = false;
        foreach (string line in markdown.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) fenced = !fenced;
            int level = fenced ? 0 : line.TakeWhile(c => c == '#').Count();
            if (level is > 0 and < 4 && line.Length > level && line[level] == ' ') sections.Add(new Section(level, line[(level + 1)..].Trim(), ""));
            else if (sections.Count > 0) sections[^1] = sections[^1] with { Body = sections[^1].Body + line + "\n" };
        }

        return [.. sections.Select(s => s with { Body = s.Body.Trim() })];
    }

    private sealed record Section(int Level, string Title, string Body);
}
