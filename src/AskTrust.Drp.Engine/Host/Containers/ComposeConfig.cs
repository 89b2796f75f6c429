using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>Which service needs which, from what <c>compose config</c> prints (or a Compose file itself). Nothing else of it is kept: it holds secrets in clear.</summary>
internal static class ComposeConfig
{
    /// <summary>The condition when none is written.</summary>
    public const string Started = "service_started";

    /// <summary>Every service of the file → what it needs → condition.</summary>
    /// <exception cref="YamlException">It is no YAML.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Dependencies(TextReader text)
    {
        var found = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        var stream = new YamlStream();
        stream.Load(text);
        if (stream.Documents.Count == 0 || Child(stream.Documents[0].RootNode, "services") is not YamlMappingNode services) return found;
        foreach (var (key, service) in services.Children) found[Word(key)] = Of(service);
        return found;
    }

    private static Dictionary<string, string> Of(YamlNode service)
    {
        var needs = new Dictionary<string, string>(StringComparer.Ordinal);
        // What needs another without saying so: its network, its volumes, its name.
        foreach (string key in (string[])["network_mode", "ipc", "pid"])
            if (Child(service, key) is YamlScalarNode { Value: { } mode } && mode.StartsWith("service:", StringComparison.Ordinal)) needs[mode["service:".Length..]] = Started;
        foreach (string key in (string[])["links", "volumes_from"])
            foreach (YamlNode link in Child(service, key) as YamlSequenceNode ?? [])
                if (!Word(link).StartsWith("container:", StringComparison.Ordinal)) needs[Word(link).Split(':')[0]] = Started;
        switch (Child(service, "depends_on"))
        {
            case YamlSequenceNode list:
                foreach (YamlNode each in list) needs[Word(each)] = Started;
                break;
            case YamlMappingNode map:
                foreach (var (key, value) in map.Children) needs[Word(key)] = Child(value, "condition") is YamlScalarNode { Value: { } condition } ? condition : Started;
                break;
        }

        return needs;
    }

    private static YamlNode? Child(YamlNode of, string name) => of is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? child) ? child : null;

    private static string Word(YamlNode node) => (node as YamlScalarNode)?.Value ?? "";
}
