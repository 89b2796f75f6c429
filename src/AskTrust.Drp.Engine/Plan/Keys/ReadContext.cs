using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>What the types of values need while a plan is read.</summary>
internal sealed class ReadContext(string path, ProblemList problems)
{
    private readonly Dictionary<string, List<string>> _names = new(StringComparer.Ordinal);
    private readonly List<(string Kind, YamlScalar At)> _uses = [];

    /// <summary>Full path of the plan.</summary>
    public string Path => path;

    /// <summary>The plan's folder: relative paths start here.</summary>
    public string Folder { get; } = System.IO.Path.GetDirectoryName(path) ?? path;

    /// <summary>Every error so far.</summary>
    public ProblemList Problems => problems;

    /// <summary>Name of the item being read: the key it stands under.</summary>
    public string ItemName { get; set; } = "";

    /// <summary>Adds an error at a value.</summary>
    public void Error(YamlNode at, string message) => problems.Add(at, message);

    /// <summary>Notes that a name exists.</summary>
    public void Declare(string kind, string name)
    {
        if (!_names.TryGetValue(kind, out var names)) _names[kind] = names = [];
        names.Add(name);
    }

    /// <summary>Notes that a name is used; looked up once all of the plan is read.</summary>
    public void Use(string kind, YamlScalar at) => _uses.Add((kind, at));

    /// <summary>Looks the used names up.</summary>
    public void Resolve()
    {
        foreach (var (kind, at) in _uses)
        {
            var known = _names.GetValueOrDefault(kind) ?? [];
            if (known.Contains(at.Text, StringComparer.Ordinal)) continue;
            string shown = NameType.IsName(at.Text) ? at.Text : "…";
            problems.Add(at, Host.Text.Of(PlanTexts.UnknownName, NameKinds.Word(kind), shown) + Wording.Suggest(at.Text, known));
        }
    }
}

/// <summary>Kinds of names of a plan.</summary>
internal static class NameKinds
{
    public const string Class = "class";
    public const string Component = "component";
    public const string Repository = "repository";
    public const string Job = "job";
    public const string Node = "node";
    public const string Probe = "probe";
    public const string Output = "output";

    /// <summary>The word for people.</summary>
    public static string Word(string kind) => kind switch
    {
        Class => PlanTexts.WordClass,
        Component => PlanTexts.WordComponent,
        Repository => PlanTexts.WordRepository,
        Node => PlanTexts.WordNode,
        Probe => PlanTexts.WordProbe,
        Output => PlanTexts.WordOutput,
        _ => PlanTexts.WordJob,
    };
}
