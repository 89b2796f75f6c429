using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AskTrust.Drp.Engine.Components.Compose;

/// <summary>What a backup needs to know of a Compose file, as written or as Compose resolved it. Values of variables are never kept.</summary>
internal sealed record ComposeDocument
{
    /// <summary>Name of the project when the file says it.</summary>
    public string? Name { get; private init; }

    /// <summary>Its services: name, image, names of variables.</summary>
    public IReadOnlyList<ComposeServiceFacts> Services { get; private init; } = [];

    /// <summary>Volumes: key → name given to it, null when Compose makes one up.</summary>
    public IReadOnlyDictionary<string, string?> Volumes { get; private init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>The same for networks.</summary>
    public IReadOnlyDictionary<string, string?> Networks { get; private init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Files it names: env files, secrets, configs, and single files or folders that are mounted; as written.</summary>
    public IReadOnlyList<string> Files { get; private init; } = [];

    /// <summary>Reads; null when it is no Compose file.</summary>
    public static ComposeDocument? TryRead(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is not YamlMappingNode root || Child(root, "services") is not YamlMappingNode services) return null;
            return new ComposeDocument
            {
                Name = Word(Child(root, "name")),
                Services = [.. services.Children.Select(s => new ComposeServiceFacts { Name = Word(s.Key) ?? "", Image = Word(Child(s.Value, "image")), Variables = VariablesOf(Child(s.Value, "environment")) })],
                Volumes = NamesOf(Child(root, "volumes")),
                Networks = NamesOf(Child(root, "networks")),
                Files =
                [
                    .. services.Children.SelectMany(s => FilesOf(s.Value)),
                    .. new[] { "secrets", "configs" }.SelectMany(k => Entries(Child(root, k))).Select(e => Word(Child(e.Value, "file"))).OfType<string>(),
                ],
            };
        }
        catch (YamlException)
        {
            return null;
        }
    }

    private static IEnumerable<string> FilesOf(YamlNode service)
    {
        IEnumerable<YamlNode> env = Child(service, "env_file") switch { YamlSequenceNode list => list.Children, { } one => [one], null => [] };
        foreach (YamlNode file in env)
            if ((Word(file) ?? Word(Child(file, "path"))) is { } path) yield return path;
        foreach (YamlNode volume in Child(service, "volumes") as YamlSequenceNode ?? [])
        {
            string? source = Word(volume)?.Split(':')[0] ?? (Word(Child(volume, "type")) == "bind" ? Word(Child(volume, "source")) : null);
            // Anything else is the name of a volume.
            if (source is { Length: > 0 } && source[0] is '.' or '/' or '~') yield return source;
        }
    }

    private static string[] VariablesOf(YamlNode? node) => node switch
    {
        YamlMappingNode map => [.. map.Children.Keys.Select(Word).OfType<string>()],
        YamlSequenceNode list => [.. list.Children.Select(Word).OfType<string>().Select(v => v.Split('=')[0])],
        _ => [],
    };

    private static Dictionary<string, string?> NamesOf(YamlNode? node) => Entries(node).ToDictionary(
        e => Word(e.Key) ?? "",
        e => Word(Child(e.Value, "name")) ?? (Child(e.Value, "external") switch
        {
            YamlMappingNode external => Word(Child(external, "name")) ?? Word(e.Key),
            YamlScalarNode { Value: "true" } => Word(e.Key),
            _ => null,
        }), StringComparer.Ordinal);

    private static IEnumerable<KeyValuePair<YamlNode, YamlNode>> Entries(YamlNode? node) => node is YamlMappingNode map ? map.Children : [];

    private static YamlNode? Child(YamlNode? of, string name) => of is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? child) ? child : null;

    private static string? Word(YamlNode? node) => (node as YamlScalarNode)?.Value;
}
