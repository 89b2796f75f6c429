using System.Text;

namespace AskTrust.Drp.Engine.Components.Redis;

/// <summary>The settings of a server as the text of a <c>redis.conf</c>, without their secrets.</summary>
internal static class RedisSettings
{
    private static readonly string[] s_secret = ["requirepass", "masterauth", "tls-key-file-pass", "tls-client-key-file-pass"];

    /// <summary>Writes them.</summary>
    /// <param name="answer">What <c>CONFIG GET *</c> answered: a line for each name, followed by one for its value.</param>
    public static string Text(string answer)
    {
        string[] lines = answer.Split('\n');
        var page = new StringBuilder();
        for (int i = 0; i + 1 < lines.Length; i += 2)
        {
            string name = lines[i].Trim(), value = lines[i + 1].Trim('\r');
            if (s_secret.Contains(name, StringComparer.Ordinal)) page.Append($"# {name}: {(value.Length > 0 ? "set" : "not set")}\n");
            else page.Append($"{name} \"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\n");
        }

        return page.ToString();
    }
}
