using System.Text.RegularExpressions;
using AskTrust.Drp.Build.Help;

namespace AskTrust.Drp.PowerShell.Tests;

public sealed partial class HelpTests
{
    private static readonly string s_help = Path.Join(Surface.Root, "help");
    private static readonly string[] s_topics = ["about_AskTrust_Drp", "about_Drp_Plan", "about_Drp_Repositories", "about_Drp_Errors"];

    public static TheoryData<string, string> Pages
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var cmdlet in Surface.Cmdlets)
                foreach (string language in HelpText.Sections.Keys) data.Add(cmdlet.Name, language);
            return data;
        }
    }

    public static TheoryData<string, string> Topics
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string topic in s_topics)
                foreach (string culture in new[] { "en-US", "fr-FR" }) data.Add(topic, culture);
            return data;
        }
    }

    [Theory, MemberData(nameof(Pages))]
    public void A_page_says_everything(string cmdlet, string language)
    {
        var text = HelpText.Read(s_help, language, cmdlet);
        Assert.Equal(cmdlet, text.Name);
        Assert.NotEmpty(text.Synopsis);
        Assert.NotEmpty(text.Description);
        Assert.True(text.Examples.Count >= 2, "two examples at least");
        Assert.All(text.Examples, e => Assert.False(string.IsNullOrWhiteSpace(e.Code) || string.IsNullOrWhiteSpace(e.Remarks), e.Title));
        Assert.Contains(text.Examples, e => e.Code.Contains(cmdlet, StringComparison.Ordinal));
        foreach (string parameter in ParametersOf(cmdlet)) Assert.True(text.Parameters.TryGetValue(parameter, out string? says) && says.Length > 0, $"-{parameter} has no text");
    }

    [Theory, MemberData(nameof(Pages))]
    public void A_page_describes_no_parameter_that_is_not_there(string cmdlet, string language) =>
        Assert.Empty(HelpText.OwnParameters(s_help, language, cmdlet).Keys.Except(ParametersOf(cmdlet)));

    [Theory, MemberData(nameof(Pages))]
    public void Both_languages_show_the_same_examples(string cmdlet, string language)
    {
        var english = HelpText.Read(s_help, "en", cmdlet);
        var text = HelpText.Read(s_help, language, cmdlet);
        Assert.Equal(english.Examples.Select(e => e.Code), text.Examples.Select(e => e.Code));
        if (language != "en") Assert.NotEqual(english.Synopsis, text.Synopsis);
    }

    [Fact]
    public void There_is_no_page_without_a_cmdlet()
    {
        var pages = Directory.EnumerateFiles(s_help, "*.md", SearchOption.AllDirectories).Select(f => Path.GetFileNameWithoutExtension(f)!).Distinct();
        Assert.Equal(Surface.Cmdlets.Select(c => c.Name).Append("shared").Order(StringComparer.Ordinal), pages.Order(StringComparer.Ordinal));
    }

    [Theory, InlineData("en"), InlineData("fr")]
    public void The_pages_become_help_with_every_parameter_of_every_cmdlet(string language)
    {
        var maml = MamlWriter.Write(Surface.Cmdlets.Select(c => (c, HelpText.Read(s_help, language, c.Name))));
        var commands = maml.Root!.Elements().ToDictionary(c => c.Descendants().First(e => e.Name.LocalName == "name").Value);
        foreach (var cmdlet in Surface.Cmdlets)
        {
            var described = commands[cmdlet.Name].Elements().Single(e => e.Name.LocalName == "parameters").Elements()
                .ToDictionary(p => p.Elements().Single(e => e.Name.LocalName == "name").Value, p => p.Elements().Single(e => e.Name.LocalName == "Description").Value);
            Assert.Equal(ParametersOf(cmdlet.Name).Order(StringComparer.Ordinal), described.Keys.Order(StringComparer.Ordinal));
            Assert.All(described.Values, Assert.NotEmpty);
        }
    }

    [Theory, MemberData(nameof(Topics))]
    public void A_topic_is_there_and_fits_a_terminal(string topic, string culture)
    {
        string[] lines = File.ReadAllLines(Path.Join(Surface.Root, culture, topic + ".help.txt"));
        Assert.Equal("    " + topic, lines[1]);
        Assert.True(lines.Length > 30);
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
    }

    [Theory, InlineData("en-US"), InlineData("fr-FR")]
    public void Each_error_has_its_heading_with_its_number(string culture)
    {
        string text = File.ReadAllText(Path.Join(Surface.Root, culture, "about_Drp_Errors.help.txt"));
        var headings = ErrorHeading().Matches(text).Select(m => (m.Groups["name"].Value, int.Parse(m.Groups["number"].Value))).ToArray();
        Assert.Equal(Enum.GetValues<DrpError>().Where(e => e != DrpError.None).Select(e => (e.ToString(), (int)e)), headings);
    }

    [Theory, InlineData("en-US"), InlineData("fr-FR")]
    public void Topics_name_only_cmdlets_there_are(string culture)
    {
        foreach (string topic in s_topics)
            foreach (var named in CmdletName().Matches(File.ReadAllText(Path.Join(Surface.Root, culture, topic + ".help.txt"))).Select(m => m.Value))
                Assert.Contains(Surface.Cmdlets, c => c.Name == named);
    }

    private static IEnumerable<string> ParametersOf(string cmdlet)
    {
        var metadata = Surface.Cmdlet(cmdlet);
        return metadata.Parameters.Select(p => p.Name).Concat(metadata.ShouldProcess ? CmdletMetadata.Asking : []);
    }

    [GeneratedRegex(@"^  (?<name>[A-Z]\w+) \((?<number>\d+)\)\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ErrorHeading();

    [GeneratedRegex(@"\b[A-Z][a-z]+-Drp\w+", RegexOptions.None, 1000)]
    private static partial Regex CmdletName();
}
