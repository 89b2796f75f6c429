using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AskTrust.Drp.Engine.Components.Config.Masking;

/// <summary>
/// YAML: every key; of a Compose file also the values that say how it is built (images, ports, volumes, networks, what depends on what), as no password stands there. Any other
/// value goes, commands and labels included.
/// </summary>
internal static partial class YamlMask
{
    private static readonly HashSet<string> s_kept = new(StringComparer.Ordinal)
    {
        "image", "ports", "expose", "volumes", "networks", "depends_on", "restart", "profiles", "env_file", "container_name", "hostname", "network_mode", "driver", "external", "platform",
        "pull_policy", "stop_grace_period", "stop_signal", "user", "working_dir", "read_only", "init", "privileged", "cap_add", "cap_drop", "tmpfs", "shm_size", "mem_limit", "cpus",
        "interval", "timeout", "retries", "start_period", "secrets", "configs", "dockerfile", "context", "version", "name", "deploy",
    };

    // Below a key whose values stay, these still go: options of drivers hold passwords of network drives.
    private static readonly HashSet<string> s_never = new(StringComparer.Ordinal) { "driver_opts", "labels", "environment", "args", "command", "entrypoint", "test", "content" };

    public static MaskedText? Of(string path, string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            int values = 0;
            bool compose = stream.Documents.Count > 0 && stream.Documents[0].RootNode is YamlMappingNode root && root.Children.ContainsKey(new YamlScalarNode("services"));
            var written = new StringBuilder();
            foreach (YamlDocument document in stream.Documents) Write(written, document.RootNode, 0, new Rule(false, compose, false), ref values, []);
            return new MaskedText("yaml", written.ToString(), values);
        }
        catch (Exception e) when (e is YamlException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What happens to values.</summary>
    /// <param name="Keep">They stay.</param>
    /// <param name="Compose">Keys below may say that theirs stay.</param>
    /// <param name="Names">They are names of variables, when they look like one.</param>
    private sealed record Rule(bool Keep, bool Compose, bool Names);

    private static void Write(StringBuilder text, YamlNode node, int depth, Rule rule, ref int values, HashSet<YamlNode> above)
    {
        // Aliases may nest a document into itself, or grow it without bound.
        if (depth > 60 || !above.Add(node)) throw new InvalidOperationException("nested");
        switch (node)
        {
            case YamlMappingNode map:
                foreach (var (key, value) in map.Children)
                {
                    string name = (key as YamlScalarNode)?.Value ?? MaskedText.Mask;
                    bool known = rule.Compose && !s_never.Contains(name);
                    text.Append(' ', depth * 2).Append(Plain(name)).Append(':');
                    WriteValue(text, value, depth, new Rule(known && (rule.Keep || s_kept.Contains(name)), known, name == "environment" && value is YamlSequenceNode), ref values, above);
                }

                break;
            case YamlSequenceNode list:
                foreach (YamlNode item in list.Children)
                {
                    text.Append(' ', depth * 2).Append('-');
                    WriteValue(text, item, depth, rule, ref values, above);
                }

                break;
        }

        above.Remove(node);
        if (text.Length > 4_000_000) throw new InvalidOperationException("long");
    }

    private static void WriteValue(StringBuilder text, YamlNode value, int depth, Rule rule, ref int values, HashSet<YamlNode> above)
    {
        if (value is not YamlScalarNode scalar)
        {
            text.Append('\n');
            Write(text, value, depth + 1, rule, ref values, above);
            return;
        }

        string content = scalar.Value ?? "";
        bool name = rule.Names && EnvMask.IsName(content);
        string shown = content.Length == 0 ? "" : rule.Keep ? UserPart().Replace(content, $"://{MaskedText.Mask}@") : name ? content : Pair(content);
        if (!rule.Keep && !name && content.Length > 0) values++;
        text.Append(shown.Length == 0 ? "" : " " + Plain(shown)).Append('\n');
    }

    /// <summary>A list of variables (<c>- KEY=value</c>) keeps its keys.</summary>
    private static string Pair(string content) =>
        content.IndexOf('=', StringComparison.Ordinal) is > 0 and var equal && EnvMask.IsName(content[..equal]) ? content[..equal] + "=" + MaskedText.Mask : MaskedText.Mask;

    private static string Plain(string text) => Bare().IsMatch(text) && !text.Contains(": ", StringComparison.Ordinal) ? text : System.Text.Json.JsonSerializer.Serialize(text, s_quoted);

    private static readonly System.Text.Json.JsonSerializerOptions s_quoted = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [GeneratedRegex("://[^/@\\s]*@", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex UserPart();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_./:=$*@ -]*(?<![: ])\z", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Bare();
}
