namespace AskTrust.Drp;

/// <summary>A certificate as it lies in a file; private keys are compared with it, never kept. Stored in manifests.</summary>
public sealed record CertificateFacts
{
    /// <summary>The file, or the files in which the same certificate lies, best first: the one with its chain.</summary>
    public required IReadOnlyList<string> Files { get; init => field = Listed.Of(value); }

    /// <summary><c>pem</c>, <c>der</c>, <c>pkcs12</c> or <c>acme</c> (Traefik's <c>acme.json</c>).</summary>
    public required string Format { get; init; }

    /// <summary>Why the file could not be read; the rest is empty then.</summary>
    public CertificateFlaw Flaw { get; init; }

    /// <summary>What the system said about it; null = nothing.</summary>
    public string? FlawReason { get; init; }

    /// <summary>Whose it is, e.g. <c>CN=www.example.org</c>.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Host names and addresses it holds for.</summary>
    public IReadOnlyList<string> Names { get; init => field = Listed.Of(value); } = [];

    /// <summary>Who signed it.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>Not valid before (UTC).</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>Not valid after (UTC).</summary>
    public DateTimeOffset NotAfter { get; init; }

    /// <summary>SHA-256 of the certificate, lower-case hexadecimal.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>True for the certificate of an authority.</summary>
    public bool Authority { get; init; }

    /// <summary>True when it is signed with its own key.</summary>
    public bool SelfSigned { get; init; }

    /// <summary>True when its issuers lie beside it, up to one that this machine trusts or one that signed itself; false when the next one is missing.</summary>
    public bool ChainComplete { get; init; }

    /// <summary>The issuer that is not there; null = none is missing.</summary>
    public string? MissingIssuer { get; init; }

    /// <summary>The earliest end of an issuer in the file, when that is before its own; null otherwise.</summary>
    public DateTimeOffset? ChainEnds { get; init; }

    /// <summary>True when a private key beside it fits, false when there is one for it that does not, null when there is none or it cannot be compared (encrypted, unknown kind).</summary>
    public bool? KeyMatches { get; init; }
}

/// <summary>Why a file with certificates could not be read.</summary>
public enum CertificateFlaw
{
    /// <summary>It could.</summary>
    None,

    /// <summary>It is not there, or may not be read.</summary>
    Unreadable,

    /// <summary>A PKCS#12 file whose password is another one.</summary>
    WrongPassword,

    /// <summary>Not what its name says.</summary>
    Damaged,

    /// <summary>A kind that is not read: a Java keystore.</summary>
    Unsupported,
}
