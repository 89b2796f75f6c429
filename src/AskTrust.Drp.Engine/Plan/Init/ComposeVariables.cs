using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Plan.Init;

/// <summary>Variables of an environment file, and their use in values (<c>${NAME:-default}</c>).</summary>
internal sealed partial class ComposeVariables
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Every variable.</summary>
    public IReadOnlyDictionary<string, string> All => _values;

    /// <summary>One variable; null when it is not set.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Reads a file; one that is not there or not readable holds nothing, as it only helps to guess.</summary>
    public static async Task<ComposeVariables> ReadAsync(string file, CancellationToken ct)
    {
        var variables = new ComposeVariables();
        var problems = new ProblemList(file);
        string text = await PlanFile.ReadAsync(file, problems, ct).ConfigureAwait(false) ?? "";
        foreach (string line in text.Split('\n'))
        {
            if (Assignment().Match(line.Trim()) is not { Success: true } match) continue;
            string value = match.Groups["value"].Value.Trim();
            if (value.Length >= 2 && value[0] == value[^1] && value[0] is '"' or '\'') value = value[1..^1];
            variables._values[match.Groups["name"].Value] = value;
        }

        return variables;
    }

    /// <summary>The value with its variables filled in; null when one of them is not known.</summary>
    public string? Resolve(string? value)
    {
        if (value is null) return null;
        bool known = true;
        string resolved = Use().Replace(value, match =>
        {
            if (match.Value == "$$") return "$";
            string? found = this[match.Groups["name"].Value] is { Length: > 0 } set ? set : match.Groups["default"] is { Success: true } given ? given.Value : null;
            known &= found is not null;
            return found ?? "";
        });
        return known && resolved.Length > 0 ? resolved : null;
    }

    [GeneratedRegex(@"^(?:export\s+)?(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*=(?<value>.*)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\$\$|\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(?::?-(?<default>[^${}]*)|:?\?[^{}]*)?\}|\$(?<name>[A-Za-z_][A-Za-z0-9_]*)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Use();
}
