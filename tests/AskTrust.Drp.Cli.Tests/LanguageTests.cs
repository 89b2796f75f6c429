using System.Globalization;
using System.Resources;

namespace AskTrust.Drp.Cli.Tests;

public sealed class LanguageTests
{
    [Theory]
    [InlineData("fr", "--lang", "fr")]
    [InlineData("fr", "--lang=fr", "")]
    [InlineData("fr", "list", "--lang=FR")]
    [InlineData("en", "--", "--lang=fr")]
    [InlineData("en", "list", "")]
    public void The_option_decides(string expected, string first, string second) => Assert.Equal(expected, Language.Pick([first, second], _ => null));

    [Theory]
    [InlineData("fr", "LANG", "fr_CM.UTF-8", "", "")]
    [InlineData("en", "LANG", "fr_FR.UTF-8", "LC_ALL", "C")]
    [InlineData("fr", "LC_MESSAGES", "fr_FR", "LANG", "en_US.UTF-8")]
    [InlineData("en", "LANG", "de_DE.UTF-8", "", "")]
    public void Else_the_environment_in_posix_order(string expected, string name1, string value1, string name2, string value2) =>
        Assert.Equal(expected, Language.Pick([], n => n == name1 ? value1 : n == name2 ? value2 : null));

    [Fact]
    public async Task French_is_spoken_although_no_culture_data_is_loaded()
    {
        var ended = await Drp.WithAsync(new() { ["LANG"] = "fr_FR.UTF-8" }, "restore");
        Assert.Contains("Donnez SET ou --file, l’un des deux exactement.", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("Sauvegarder vers tous les dépôts", (await Drp.RunAsync("--lang", "fr", "--help")).Output, StringComparison.Ordinal);
        Assert.Contains("Back up to every repository", (await Drp.WithAsync(new() { ["LANG"] = "fr_FR.UTF-8" }, "--lang", "en", "--help")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_languages_have_the_same_texts_and_placeholders()
    {
        var english = Texts("en");
        var french = Texts("fr");
        Assert.Equal(english.Keys.Order(StringComparer.Ordinal), french.Keys.Order(StringComparer.Ordinal));
        foreach (var (key, text) in english)
            Assert.True(Enumerable.Range(0, 5).All(i => text.Contains($"{{{i}}}", StringComparison.Ordinal) == french[key].Contains($"{{{i}}}", StringComparison.Ordinal)), key);

        static Dictionary<string, string> Texts(string language)
        {
            // The neutral resources are the English ones.
            var culture = language == "en" ? CultureInfo.InvariantCulture : CultureInfo.GetCultureInfo(language);
            ResourceSet set = CliTexts.ResourceManager.GetResourceSet(culture, createIfNotExists: true, tryParents: false)!;
            return set.Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!, StringComparer.Ordinal);
        }
    }
}
