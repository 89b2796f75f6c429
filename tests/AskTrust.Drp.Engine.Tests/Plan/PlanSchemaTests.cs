using System.Globalization;
using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan;
using AskTrust.Drp.Engine.Plan.Keys;

namespace AskTrust.Drp.Engine.Tests.Plan;

/// <summary>Schema, documentation and texts against the table. <c>DRP_UPDATE=1</c> writes the committed files anew.</summary>
public sealed class PlanSchemaTests
{
    private const string Begin = "<!-- keys: generated, do not edit -->";
    private const string End = "<!-- end of keys -->";

    [Fact]
    public void The_committed_schema_is_the_generated_one() => Committed("schema/drp.schema.json", _ => In("en", PlanSchema.Json));

    [Theory]
    [InlineData("docs/plan.md", "en")]
    [InlineData("docs/plan.fr.md", "fr")]
    public void The_key_tables_of_the_documentation_are_the_generated_ones(string file, string language) => Committed(file, text =>
    {
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= 0 && end > begin, $"{file} lost its markers");
        return $"{text[..(begin + Begin.Length)]}\n\n{In(language, PlanDocs.Markdown)}\n{text[end..]}";
    });

    [Theory]
    [InlineData("en")]
    [InlineData("fr")]
    public void Every_key_has_a_text_in_both_languages_and_no_text_is_left_over(string language)
    {
        string[] texts = [.. PlanKeyTexts.ResourceManager.GetResourceSet(CultureInfo.GetCultureInfo(language), true, language == "en")!
            .Cast<System.Collections.DictionaryEntry>().Select(e => (string)e.Key).Order(StringComparer.Ordinal)];
        // What every component has is explained once.
        var known = PlanKeys.Sections().SelectMany(s => s.Section.Facts().Select(f => (Own: $"{s.Section.Id}_{f.Name}", Common: $"component_{f.Name}")))
            .Select(k => texts.Contains(k.Own, StringComparer.Ordinal) || !texts.Contains(k.Common, StringComparer.Ordinal) ? k.Own : k.Common).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

        Assert.Equal(known, texts);
    }

    [Fact]
    public void The_schema_has_every_key_of_the_reader_and_no_other()
    {
        var schema = JsonNode.Parse(PlanSchema.Json())!.AsObject();
        SortedSet<string> keys = new(StringComparer.Ordinal);
        Collect(schema, keys);
        SortedSet<string> known = new(PlanKeys.Sections().SelectMany(s => s.Section.Facts().Select(f => f.Name)).Append("type"), StringComparer.Ordinal);

        Assert.Equal(known, keys);
    }

    [Theory]
    [InlineData(SamplePlans.Small)]
    [InlineData(SamplePlans.Full)]
    public void A_plan_that_reads_fits_the_schema(string text)
    {
        PlanReader.Parse(text, SamplePlans.File);

        Assert.Empty(SchemaCheck.Errors(text));
    }

    [Theory]
    [InlineData("examples/quickstart/drp.yaml")]
    [InlineData("examples/compose/drp.yaml")]
    [InlineData("examples/askandtrust/drp.yaml")]
    [InlineData("examples/kamba/drp.yaml")]
    [InlineData("examples/mssante/drp.yaml")]
    [InlineData("examples/password-manager/drp.yaml")]
    [InlineData("examples/skooly/drp.yaml")]
    public async Task The_examples_read_and_fit_the_schema(string file)
    {
        string path = Path.Combine(Root, file);

        var plan = await PlanReader.ReadAsync(path, CancellationToken.None);

        Assert.Empty(SchemaCheck.Errors(await File.ReadAllTextAsync(path)));
        Assert.NotEmpty(plan.Jobs);
    }

    [Theory]
    [InlineData("version: 1", "version: 2")]
    [InlineData("name: shop", "name: Shop")]
    [InlineData("name: shop", "name: 12")]
    [InlineData("name: shop", "nam: shop")]
    [InlineData("type: postgresql", "type: mysql")]
    [InlineData("type: postgresql,", "")]
    [InlineData("type: directory,", "type: s3,")]
    [InlineData("url: ", "uri: ")]
    [InlineData("encryption: none", "")]
    [InlineData("encryption: none", "encryption: nothing")]
    [InlineData("encryption: none", "encryption: { passphrase: literal }")]
    [InlineData("encryption: none", "encryption: { passphrase: \"${env:X}\" }\njobs: { n: { schedule: daily } }")]
    [InlineData("encryption: none", "encryption: none\njobs: { n: { components: [] } }")]
    [InlineData("encryption: none", "encryption: none\nobjectives: { a: { rto: 4 } }")]
    [InlineData("encryption: none", "encryption: none\nobjectives: { a: { rto: \"\" } }")]
    [InlineData("path: backups", "path: backups, uploadLimit: 5")]
    public void What_the_reader_refuses_the_schema_refuses(string part, string replacement)
    {
        string text = SamplePlans.Small.Replace(part, replacement, StringComparison.Ordinal);

        Assert.Throws<PlanException>(() => PlanReader.Parse(text, SamplePlans.File));
        Assert.NotEmpty(SchemaCheck.Errors(text));
    }

    private static void Collect(JsonNode? node, SortedSet<string> keys)
    {
        if (node is JsonObject section)
        {
            foreach (string name in section["properties"]?.AsObject().Select(p => p.Key) ?? []) keys.Add(name);
            foreach (var (_, child) in section) Collect(child, keys);
        }
        else if (node is JsonArray list)
        {
            foreach (var child in list) Collect(child, keys);
        }
    }

    private static void Committed(string file, Func<string, string> make)
    {
        string path = Path.Combine(Root, file);
        string before = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        string expected = make(before);
        if (Environment.GetEnvironmentVariable("DRP_UPDATE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, expected);
        }
        else
        {
            Assert.True(expected == before, $"{file} is out of date; DRP_UPDATE=1 dotnet test --filter PlanSchemaTests writes it");
        }
    }

    private static string In(string language, Func<string> make)
    {
        var before = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
        try
        {
            return make();
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "AskTrust.Drp.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
