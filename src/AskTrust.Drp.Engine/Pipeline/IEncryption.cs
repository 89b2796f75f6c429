using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>OpenPGP encryption of artifacts. The one implementation drives <c>gpg</c>; a library could take its place.</summary>
internal interface IEncryption : IAsyncDisposable
{
    /// <summary>Fingerprints of the keys that can read what is written; empty in symmetric mode.</summary>
    IReadOnlyList<string> Recipients { get; }

    /// <summary>Makes sure that encrypting would work now: keys present, pinned, neither expired nor revoked, fit to encrypt.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.KeyOrPassphrase"/>: names the key.</exception>
    Task CheckAsync(CancellationToken ct);

    /// <summary>A sink for plain bytes that writes encrypted ones to the next. Checks as <see cref="CheckAsync"/> does, before the first byte.</summary>
    Task<ISink> EncryptAsync(ISink next, CancellationToken ct);

    /// <summary>
    /// Plain bytes of an encrypted stream, which it owns. The end of the stream is shown only when every byte was found intact.
    /// </summary>
    /// <exception cref="DrpException">While reading: <see cref="DrpError.KeyOrPassphrase"/>, or <see cref="DrpError.VerificationFailed"/> when damaged.</exception>
    Task<Stream> DecryptAsync(Stream stored, CancellationToken ct);
}

/// <summary>Detached OpenPGP signatures, for manifests.</summary>
internal interface ISignatures
{
    /// <summary>Fingerprint of the key that signs; null = nothing is signed.</summary>
    string? SigningKey { get; }

    /// <summary>Signs; the answer is ASCII-armoured.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.KeyOrPassphrase"/>.</exception>
    Task<byte[]> SignAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct);

    /// <summary>Proves that the key of that fingerprint signed exactly these bytes. A key that expired since is accepted, a revoked one is not.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>, or <see cref="DrpError.KeyOrPassphrase"/> when the public key is not at hand.</exception>
    Task VerifyAsync(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> signature, string fingerprint, CancellationToken ct);
}
