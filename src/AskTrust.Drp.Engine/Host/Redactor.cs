using System.Text;

namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// Remembers every secret that was resolved and takes it out of texts that programs and servers send back. What a program
/// says on standard error has passed here already.
/// </summary>
internal sealed class Redactor
{
    // Shorter ones would blank half of every message and give themselves away by that.
    private const int ShortestSecret = 4;
    private volatile string[] _secrets = [];

    /// <summary>Remembers a secret, each of its lines, and the way it looks inside a URL.</summary>
    public void Remember(string secret)
    {
        lock (this)
        {
            _secrets = [.. Forms(secret).Concat(_secrets).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length)];
        }
    }

    /// <summary>The text without any secret known.</summary>
    public string Clean(string text)
    {
        string[] secrets = _secrets;
        if (secrets.Length == 0 || text.Length == 0) return text;
        StringBuilder? clean = null;
        foreach (string secret in secrets)
        {
            if (clean is null && !text.Contains(secret, StringComparison.Ordinal)) continue;
            clean ??= new StringBuilder(text);
            clean.Replace(secret, "***");
        }

        return clean?.ToString() ?? text;
    }

    private static IEnumerable<string> Forms(string secret)
    {
        string[] pieces = [secret, .. secret.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries)];
        return pieces.SelectMany(p => new[] { p, Uri.EscapeDataString(p) }).Where(p => p.Length >= ShortestSecret);
    }
}
