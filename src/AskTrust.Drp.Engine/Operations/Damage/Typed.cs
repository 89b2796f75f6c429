namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>Commands as they are typed, for one plan.</summary>
/// <param name="plan">Path of the plan.</param>
internal sealed class Typed(string plan)
{
    /// <summary>A <c>drp</c> command.</summary>
    public string Drp(params IEnumerable<string> words) => string.Join(' ', words.Prepend("drp").Concat(["--plan", plan]).Select(Shell));

    /// <summary>A cmdlet; words that begin with a dash are names of parameters, the others values.</summary>
    public string Cmdlet(string name, params IEnumerable<string> words) => string.Join(' ', words.Prepend(name).Concat(["-Plan", plan]).Select(w => w[0] == '-' ? w : PowerShell(w)));

    /// <summary>A word as the shell takes it.</summary>
    public static string Shell(string word) => IsPlain(word) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string PowerShell(string word) => IsPlain(word) ? word : $"'{word.Replace("'", "''", StringComparison.Ordinal)}'";

    private static bool IsPlain(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':');
}
