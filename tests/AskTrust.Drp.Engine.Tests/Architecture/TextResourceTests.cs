using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AskTrust.Drp.Engine.Tests.Architecture;

public sealed partial class TextResourceTests
{
    private static readonly string s_source = Path.Join(Sources.Root, "src");

    public static TheoryData<string> Files => [.. Sources.In(s_source, "*.resx").Select(f => Path.GetRelativePath(s_source, f)).Where(f => !f.EndsWith(".fr.resx", StringComparison.Ordinal))];

    [Theory, MemberData(nameof(Files))]
    public void Every_text_is_there_in_both_languages_with_the_same_placeholders(string file)
    {
        string english = Path.Join(s_source, file), french = Path.ChangeExtension(english, ".fr.resx");
        Assert.True(File.Exists(french), $"{french} is missing");
        Assert.Empty(Differences(Read(english), Read(french)));
    }

    [Fact]
    public void No_French_file_stands_alone()
    {
        var alone = Sources.In(s_source, "*.fr.resx").Where(f => !File.Exists(f.Replace(".fr.resx", ".resx", StringComparison.Ordinal)));
        Assert.Empty(alone);
    }

    [Fact]
    public void A_missing_key_and_a_lost_placeholder_are_found()
    {
        var english = new Dictionary<string, string>(StringComparer.Ordinal) { ["A"] = "{0} of {1:N0}", ["B"] = "b" };
        var french = new Dictionary<string, string>(StringComparer.Ordinal) { ["A"] = "{0}", ["C"] = "c" };
        Assert.Equal(["A: placeholders {0}{1} and {0}", "B: not in French", "C: not in English"], Differences(english, french).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Differences(Dictionary<string, string> english, Dictionary<string, string> french)
    {
        foreach (var (key, text) in english)
        {
            if (!french.TryGetValue(key, out string? other)) yield return $"{key}: not in French";
            else if (string.IsNullOrWhiteSpace(text) || string.IsNullOrWhiteSpace(other)) yield return $"{key}: empty";
            else if (Holes(text) != Holes(other)) yield return $"{key}: placeholders {Holes(text)} and {Holes(other)}";
        }

        foreach (string key in french.Keys.Except(english.Keys, StringComparer.Ordinal)) yield return $"{key}: not in English";
    }

    private static string Holes(string text) => string.Concat(Hole().Matches(text).Select(m => $"{{{m.Groups["number"].Value}}}").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private static Dictionary<string, string> Read(string file) =>
        XDocument.Load(file).Root!.Elements("data").ToDictionary(d => (string)d.Attribute("name")!, d => (string?)d.Element("value") ?? "", StringComparer.Ordinal);

    [GeneratedRegex(@"(?<!\{)\{(?<number>\d+)[^}]*\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Hole();
}
