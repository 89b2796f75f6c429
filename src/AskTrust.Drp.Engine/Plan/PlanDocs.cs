using System.Text;
using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan.Keys;

namespace AskTrust.Drp.Engine.Plan;

/// <summary>The key tables of the documentation, in the current language, from the table that the reader uses.</summary>
internal static class PlanDocs
{
    /// <summary>Markdown: one table for each section.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder();
        foreach (var (place, section) in PlanKeys.Sections())
        {
            string title = place.Length == 0 ? PlanTexts.DocsTopLevel : $"`{place}`{(TypeOf(section) is { } type ? $" — `type: {type}`" : "")}";
            text.AppendLine($"### {title}").AppendLine();
            text.AppendLine($"| {PlanTexts.DocsKey} | {PlanTexts.DocsValue} | {PlanTexts.DocsDefault} | {PlanTexts.DocsMeaning} |").AppendLine("|---|---|---|---|");
            foreach (var fact in section.Facts())
            {
                string name = fact.Required ? $"**`{fact.Name}`**" : $"`{fact.Name}`";
                string otherwise = fact.Required ? PlanTexts.DocsRequired : fact.Absent ?? (fact.Default is JsonValue value ? $"`{value}`" : "");
                text.AppendLine($"| {name} | {Cell(fact.Type.Expected)} | {Cell(otherwise)} | {Cell(KeyTexts.Of(section.Id, fact.Name))} |");
            }

            text.AppendLine();
        }

        return text.ToString().ReplaceLineEndings("\n").TrimEnd() + "\n";
    }

    private static string? TypeOf(ISection section) => section.Id is "composeproject" ? "compose" : section.Id is "postgresql" or "files" or "config" or "certificates" or "directory" or "s3" or "rclone" or "sftp" ? section.Id : null;

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);
}
