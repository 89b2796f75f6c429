using System.Globalization;
using System.Xml.Linq;

namespace AskTrust.Drp.Build.Help;

/// <summary>Writes what <c>Get-Help</c> reads: metadata of the cmdlets and their texts, as MAML.</summary>
internal static class MamlWriter
{
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";
    private static readonly XNamespace s_maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_items = "http://msh";

    public static XDocument Write(IEnumerable<(CmdletMetadata Cmdlet, HelpText Text)> pages) =>
        new(new XElement(s_items + "helpItems", new XAttribute("schema", "maml"), pages.Select(p => Command(p.Cmdlet, p.Text))));

    private static XElement Command(CmdletMetadata cmdlet, HelpText text) =>
        new(
            s_command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", s_maml), new XAttribute(XNamespace.Xmlns + "command", s_command), new XAttribute(XNamespace.Xmlns + "dev", s_dev),
            new XElement(
                s_command + "details",
                new XElement(s_command + "name", cmdlet.Name), new XElement(s_command + "verb", cmdlet.Verb), new XElement(s_command + "noun", cmdlet.Noun),
                new XElement(s_maml + "description", Paragraphs(text.Synopsis))),
            new XElement(s_maml + "description", Paragraphs(text.Description)),
            new XElement(s_command + "syntax", cmdlet.Sets.Select(set => Syntax(cmdlet, set))),
            new XElement(s_command + "parameters", AllParameters(cmdlet).Select(p => Parameter(p, p.Uses[0], text, syntax: false))),
            new XElement(
                s_command + "inputTypes",
                cmdlet.Parameters.Where(p => p.Uses.Any(u => u.FromPipeline)).Select(p => new XElement(s_command + "inputType", TypeOf(p.Type)))),
            new XElement(s_command + "returnValues", cmdlet.Outputs.Select(t => new XElement(s_command + "returnValue", TypeOf(t)))),
            new XElement(s_command + "examples", text.Examples.Select(Example)));

    private static XElement Syntax(CmdletMetadata cmdlet, string set)
    {
        var members =
            from parameter in AllParameters(cmdlet)
            let use = parameter.Uses.FirstOrDefault(u => u.Set is null || u.Set == set)
            where use is not null
            orderby use.Position ?? int.MaxValue, use.Mandatory descending
            select Parameter(parameter, use, null, syntax: true);
        return new XElement(s_command + "syntaxItem", new XElement(s_maml + "name", cmdlet.Name), members);
    }

    private static IEnumerable<CmdletParameter> AllParameters(CmdletMetadata cmdlet) =>
        cmdlet.ShouldProcess
            ? cmdlet.Parameters.Concat(CmdletMetadata.Asking.Select(n => new CmdletParameter(n, typeof(SwitchParameter), [new ParameterUse(null, false, null, false, false)])))
            : cmdlet.Parameters;

    private static XElement Parameter(CmdletParameter parameter, ParameterUse use, HelpText? text, bool syntax)
    {
        string input = use.FromPipeline ? "True (ByValue)" : use.FromProperty ? "True (ByPropertyName)" : "False";
        var element = new XElement(
            s_command + "parameter",
            new XAttribute("required", use.Mandatory ? "true" : "false"), new XAttribute("variableLength", "false"),
            new XAttribute("globbing", parameter.Wildcards ? "true" : "false"), new XAttribute("pipelineInput", input),
            new XAttribute("position", use.Position?.ToString(CultureInfo.InvariantCulture) ?? "named"),
            new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
            new XElement(s_maml + "name", parameter.Name));
        if (text is not null) element.Add(new XElement(s_maml + "Description", Paragraphs(Described(parameter, text))));
        if (parameter.Values.Count > 0 && syntax)
            element.Add(new XElement(s_command + "parameterValueGroup", parameter.Values.Select(v => new XElement(s_command + "parameterValue", new XAttribute("required", "false"), v))));
        if (!parameter.IsSwitch)
            element.Add(new XElement(s_command + "parameterValue", new XAttribute("required", "true"), new XAttribute("variableLength", "false"), TypeName(parameter.Type)));
        element.Add(TypeOf(parameter.Type));
        return element;
    }

    private static string Described(CmdletParameter parameter, HelpText text) =>
        text.Parameters.TryGetValue(parameter.Name, out string? found) && found.Length > 0
            ? parameter.Values.Count > 0 ? $"{found}\n\n{string.Join(" | ", parameter.Values)}" : found
            : throw new BuildException($"{text.Name}: parameter {parameter.Name} has no text.");

    private static XElement Example(HelpExample example, int index) =>
        new(
            s_command + "example",
            new XElement(s_maml + "title", $"{index + 1}. {example.Title}"),
            new XElement(s_dev + "code", example.Code),
            new XElement(s_dev + "remarks", Paragraphs(example.Remarks)));

    private static XElement TypeOf(Type type) => new(s_dev + "type", new XElement(s_maml + "name", TypeName(type)));

    private static string TypeName(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsArray) return TypeName(type.GetElementType()!) + "[]";
        return type.Namespace is "System" or "System.IO" or "System.Management.Automation" ? type.Name : type.FullName!;
    }

    private static IEnumerable<XElement> Paragraphs(string text) =>
        text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(p => new XElement(s_maml + "para", p.StartsWith("- ", StringComparison.Ordinal) ? p : p.Replace('\n', ' ').Replace("`", "", StringComparison.Ordinal)));

    /// <summary>Stands for PowerShell's type of the same name, by name only.</summary>
    private sealed class SwitchParameter;
}
