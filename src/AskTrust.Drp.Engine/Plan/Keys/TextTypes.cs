using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>Text of one line, or of several where <paramref name="lines"/> is set.</summary>
internal class TextType(Func<string> expected, string? pattern = null, bool lines = false) : ScalarType<string>
{
    private readonly Regex? _pattern = pattern is null ? null : new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));

    /// <inheritdoc/>
    public override string Expected => expected();

    /// <inheritdoc/>
    protected override bool NeedsText => true;

    /// <inheritdoc/>
    public override JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "string", ["minLength"] = 1 };
        if (pattern is not null) schema["pattern"] = pattern.Replace("\\z", "$", StringComparison.Ordinal);
        return schema;
    }

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((string)value);

    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context)
    {
        string text = scalar.Text;
        bool clean = text.Length is > 0 and < 65_536 && !text.Any(c => char.IsControl(c) && !(lines && c is '\n' or '\t'));
        return clean && _pattern?.IsMatch(text) is not false ? text : Fail(scalar, context);
    }
}

/// <summary>Any scalar, taken as the text it was written as.</summary>
internal sealed class AnyScalarType(Func<string> expected) : ScalarType<string>
{
    /// <inheritdoc/>
    public override string Expected => expected();

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((string)value);

    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context) =>
        scalar.Text.Contains('\0', StringComparison.Ordinal) ? Fail(scalar, context) : scalar.Text;
}

/// <summary>A name: part of object keys, so nothing that could leave a folder or surprise a shell.</summary>
internal sealed class NameType() : TextType(() => PlanTexts.ExpectedName, Pattern)
{
    /// <summary>The rule for names.</summary>
    public const string Pattern = @"^[a-z0-9][a-z0-9_-]{0,62}\z";

    private static readonly Regex s_name = new(Pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));

    /// <summary>True for a valid name.</summary>
    public static bool IsName(string text) => s_name.IsMatch(text);
}

/// <summary>A name that must exist elsewhere in the plan.</summary>
internal sealed class ReferenceType(string kind) : ScalarType<string>
{
    /// <inheritdoc/>
    public override string Expected => Host.Text.Of(PlanTexts.ExpectedReference, NameKinds.Word(kind));

    /// <inheritdoc/>
    protected override bool NeedsText => true;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = NameType.Pattern.Replace("\\z", "$", StringComparison.Ordinal) };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((string)value);

    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context)
    {
        context.Use(kind, scalar);
        return scalar.Text;
    }
}

/// <summary>A file or folder; <c>~/</c> is the user's home, a relative path starts at the plan's folder.</summary>
internal sealed class PathType() : TextType(() => PlanTexts.ExpectedPath)
{
    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context)
    {
        string text = base.ReadScalar(scalar, context);
        return text is null ? null! : Resolve(text, context.Folder);
    }

    /// <summary>The absolute path.</summary>
    public static string Resolve(string path, string folder)
    {
        if (path is "~" || path.StartsWith("~/", StringComparison.Ordinal))
        {
            path = Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[1..]);
        }

        return Path.GetFullPath(path, folder);
    }
}

/// <summary>Fingerprint of an OpenPGP key; blanks are allowed, as <c>gpg</c> prints it.</summary>
internal sealed class FingerprintType() : ScalarType<string>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedFingerprint;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^(?:[0-9A-Fa-f] *){40}$" };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((string)value);

    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context)
    {
        string digits = scalar.Text.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        return digits.Length == 40 && digits.All(char.IsAsciiHexDigit) ? digits : Fail(scalar, context);
    }
}
