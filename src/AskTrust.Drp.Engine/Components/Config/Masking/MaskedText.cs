namespace AskTrust.Drp.Engine.Components.Config.Masking;

/// <summary>A file whose keys are there and whose values are not.</summary>
/// <param name="Format">What it was read as: <c>env</c>, <c>yaml</c>, <c>json</c>, <c>ini</c>, <c>directives</c>, <c>other</c>.</param>
/// <param name="Text">The text; comments are left out, they may hold the values of yesterday.</param>
/// <param name="Values">How many values are masked.</param>
internal sealed record MaskedText(string Format, string Text, int Values)
{
    /// <summary>Stands for a value.</summary>
    public const string Mask = "***";

    private static readonly string[] s_ini = [".ini", ".cnf", ".conf", ".cfg", ".toml", ".properties", ".service", ".timer"];

    /// <summary>Masks by what the file is; of a kind whose keys are not known only the size is told.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">What is in it.</param>
    public static MaskedText Of(string path, string text)
    {
        string name = Path.GetFileName(path), extension = Path.GetExtension(path).ToLowerInvariant();
        text = text.ReplaceLineEndings("\n");
        if (SecretNames(name)) return EnvMask.Of(text);
        if (extension is ".yml" or ".yaml") return YamlMask.Of(path, text) ?? Other(text);
        if (extension == ".json") return JsonMask.Of(text) ?? Other(text);
        if (IsProxy(path, name, text)) return DirectiveMask.Of(text);
        return s_ini.Contains(extension, StringComparer.Ordinal) ? IniMask.Of(text) : Other(text);
    }

    private static bool SecretNames(string name) => name == ".env" || name.StartsWith(".env.", StringComparison.Ordinal) || name.EndsWith(".env", StringComparison.Ordinal);

    // Nginx' files end in .conf like those of everybody else, but only they have blocks.
    private static bool IsProxy(string path, string name, string text) =>
        name.StartsWith("Caddyfile", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".caddy", StringComparison.OrdinalIgnoreCase) || Path.GetDirectoryName(path)?.Contains(KeptMade, StringComparison.Ordinal) == true
        || (text.Contains('{', StringComparison.Ordinal) && text.Contains(";\n", StringComparison.Ordinal) && !text.StartsWith('['));

    /// <summary>Outputs of commands are tables: the first word of a line is the name.</summary>
    private const string KeptMade = Private.KeptFilesArtifact.Made;

    private static MaskedText Other(string text) => new("other", FormattableString.Invariant($"# {text.Count(c => c == '\n')} lines, {text.Length} characters\n"), 1);
}
