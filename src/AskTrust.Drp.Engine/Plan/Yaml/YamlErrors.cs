using YamlDotNet.Core;

namespace AskTrust.Drp.Engine.Plan.Yaml;

/// <summary>The parser's errors in the words of an operator; its own messages stay out, for they are English and can quote a value.</summary>
internal static class YamlErrors
{
    private static readonly (string Part, Func<string> Meaning)[] s_meanings =
    [
        ("tab", () => PlanTexts.TabIndentation),
        ("flow mapping", () => PlanTexts.BraceNotClosed),
        ("flow sequence", () => PlanTexts.BracketNotClosed),
        ("unexpected end of stream", () => PlanTexts.QuoteNotClosed),
        ("multi-line double-quoted", () => PlanTexts.QuoteNotClosed),
        ("surrogates", () => PlanTexts.UnknownEscape),
        ("unknown escape", () => PlanTexts.UnknownEscape),
        ("hexadecimal", () => PlanTexts.UnknownEscape),
        ("invalid mapping", () => PlanTexts.UnexpectedColon),
        ("mapping values are not allowed", () => PlanTexts.UnexpectedColon),
        ("cannot start any token", () => PlanTexts.NeedsQuotes),
        ("did not find expected key", () => PlanTexts.BadIndentation),
        ("block collection", () => PlanTexts.BadIndentation),
        ("sequence entries are not allowed", () => PlanTexts.BadIndentation),
        ("anchor", () => PlanTexts.UnknownAlias),
        ("alias", () => PlanTexts.UnknownAlias),
        ("directive", () => PlanTexts.DirectiveRefused),
    ];

    /// <summary>Adds what the parser stumbled over.</summary>
    public static void Explain(YamlException error, string text, ProblemList problems)
    {
        // A tab that indents is the cause whatever the parser says, and there is mostly more than one.
        var tabs = TabLines(text).Take(20).ToList();
        foreach (int line in tabs) problems.Add(line, 1, PlanTexts.TabIndentation);
        if (tabs.Count > 0) return;

        string meaning = s_meanings.FirstOrDefault(m => error.Message.Contains(m.Part, StringComparison.Ordinal)).Meaning?.Invoke() ?? PlanTexts.NotYaml;
        int lines = text.AsSpan().Count('\n') + 1;
        // “Expected ',' or '}'” is announced where reading stopped; an error at the very end of the file is a bracket or quote never closed.
        problems.Add((int)Math.Clamp(error.Start.Line, 1, lines), (int)Math.Max(error.Start.Column, 1), meaning);
    }

    private static IEnumerable<int> TabLines(string text)
    {
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string content = line.TrimStart(' ', '\t');
            if (content.Length is 0 || content[0] is '#' or '\r') continue;
            if (line.AsSpan(0, line.Length - content.Length).Contains('\t')) yield return number;
        }
    }
}
