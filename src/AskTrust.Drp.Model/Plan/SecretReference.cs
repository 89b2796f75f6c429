namespace AskTrust.Drp;

/// <summary>Kinds of secret references.</summary>
public enum SecretKind
{
    /// <summary><c>${env:NAME}</c>: environment variable.</summary>
    Environment,

    /// <summary><c>${file:/run/secrets/x}</c>: content of a file, one trailing line break dropped.</summary>
    File,

    /// <summary><c>${command:pass show db}</c>: first line of a command's output; arguments split at blanks, quotes honoured, no shell.</summary>
    Command,

    /// <summary><c>${vault:path#key}</c>: HashiCorp Vault KV through the <c>vault</c> program (VAULT_ADDR, VAULT_TOKEN).</summary>
    Vault,

    /// <summary><c>${secret:Name}</c>: PowerShell SecretManagement (<c>Get-Secret</c>), only inside pwsh.</summary>
    SecretManagement,
}

/// <summary>Where a secret is found; never the secret itself.</summary>
/// <param name="Kind">The kind of place.</param>
/// <param name="Target">Name, path or command.</param>
public sealed record SecretReference(SecretKind Kind, string Target)
{
    private static readonly (string Scheme, SecretKind Kind)[] s_schemes =
    [
        ("env", SecretKind.Environment), ("file", SecretKind.File), ("command", SecretKind.Command),
        ("vault", SecretKind.Vault), ("secret", SecretKind.SecretManagement),
    ];

    /// <summary>Reads <c>${scheme:target}</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="reference">The reference when it is one.</param>
    /// <returns>False when the text is no reference of a known scheme.</returns>
    public static bool TryParse(string? text, out SecretReference? reference)
    {
        reference = null;
        if (text is null || !text.StartsWith("${", StringComparison.Ordinal) || !text.EndsWith('}')) return false;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 3 || colon == text.Length - 2) return false;
        string scheme = text[2..colon];
        foreach (var (name, kind) in s_schemes)
        {
            if (name != scheme) continue;
            reference = new SecretReference(kind, text[(colon + 1)..^1]);
            return true;
        }

        return false;
    }

    /// <summary>The reference as written in the plan.</summary>
    public override string ToString() => $"${{{s_schemes.First(s => s.Kind == Kind).Scheme}:{Target}}}";
}
