using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AskTrust.Drp.PowerShell.Tests;

public sealed partial class FormatTests
{
    private static readonly XElement[] s_views = [.. XDocument.Load(Path.Join(Surface.Root, "AskTrust.Drp.Format.ps1xml")).Descendants("View")];

    public static TheoryData<string> OutputTypes => [.. Surface.Outputs.Select(t => t.FullName!)];

    [Theory, MemberData(nameof(OutputTypes))]
    public void Each_output_has_a_table_of_four_to_six_columns_and_a_list(string type)
    {
        var views = s_views.Where(v => v.Descendants("TypeName").Any(t => t.Value == type)).ToArray();
        var table = Assert.Single(views, v => v.Element("TableControl") is not null);
        Assert.InRange(table.Descendants("TableColumnItem").Count(), 4, 6);
        Assert.Equal(table.Descendants("TableColumnHeader").Count(), table.Descendants("TableColumnItem").Count());
        Assert.Single(views, v => v.Element("ListControl") is not null);
    }

    [Fact]
    public void Every_view_shows_a_type_that_is_there_and_properties_it_has()
    {
        foreach (var view in s_views)
        {
            string name = view.Descendants("TypeName").Single().Value;
            var type = typeof(DrpPlan).Assembly.GetType(name.Replace(Planned.Suffix, "", StringComparison.Ordinal));
            Assert.True(type is not null, name);
            var named = view.Descendants("PropertyName").Select(p => p.Value)
                .Concat(view.Descendants("ScriptBlock").Select(s => FirstProperty().Match(s.Value)).Where(m => m.Success).Select(m => m.Groups["name"].Value));
            Assert.All(named, property => Assert.True(type.GetProperty(property) is not null || type.GetMethod(property) is not null, $"{name} has no {property}"));
        }
    }

    [Fact]
    public void Planned_reports_have_a_view_that_shows_the_steps()
    {
        foreach (var type in Surface.Outputs.Where(t => t.GetProperty("Steps") is not null))
        {
            var view = Assert.Single(s_views, v => v.Descendants("TypeName").Any(t => t.Value == type.FullName + Planned.Suffix));
            Assert.Contains("$_.Steps", string.Concat(view.Descendants("ScriptBlock").Select(s => s.Value)), StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"\$_\.(?<name>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FirstProperty();
}
