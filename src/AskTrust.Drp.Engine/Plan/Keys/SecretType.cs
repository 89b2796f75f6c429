using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>A reference to a secret. Anything else in its place is taken for the secret itself, and never repeated.</summary>
internal sealed partial class SecretType : ScalarType<SecretReference>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedSecret;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = @"^\$\{(?:env|file|command|vault|secret):.+\}$" };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create(value.ToString());

    /// <inheritdoc/>
    protected override SecretReference ReadScalar(YamlScalar scalar, ReadContext context)
    {
        if (!SecretReference.TryParse(scalar.Text, out var reference) || reference!.Target.Any(char.IsControl))
        {
            // “${” at the start shows that a reference was meant: then the scheme is wrong, or a blank and “#” cut it short.
            bool meant = scalar.Text.StartsWith("${", StringComparison.Ordinal);
            return Fail(scalar, context, meant ? PlanTexts.SecretMalformed : PlanTexts.SecretLiteral);
        }

        string? problem = reference.Kind switch
        {
            SecretKind.Environment when !VariableName().IsMatch(reference.Target) => PlanTexts.SecretVariable,
            SecretKind.Vault when reference.Target.Split('#') is not [{ Length: > 0 }, { Length: > 0 }] => PlanTexts.SecretVault,
            _ when string.IsNullOrWhiteSpace(reference.Target) => PlanTexts.SecretMalformed,
            _ => null,
        };
        if (problem is not null) return Fail(scalar, context, problem);
        return reference.Kind == SecretKind.File ? reference with { Target = PathType.Resolve(reference.Target, context.Folder) } : reference;
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,254}\z", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex VariableName();
}
