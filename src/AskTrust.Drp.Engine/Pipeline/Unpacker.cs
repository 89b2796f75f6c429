using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>The way back: stored bytes → digest → decrypt → decompress → digest → plain bytes. What its source had compressed is digested before it is decompressed.</summary>
internal sealed class Unpacker(HostContext host)
{
    private const int EnoughToRecognise = 32;

    /// <summary>
    /// Plain bytes of an artifact. Sizes and digests of the manifest are compared while reading; the end of the stream is
    /// shown only when all of them hold.
    /// </summary>
    /// <param name="stored">Stored bytes; owned from the call on.</param>
    /// <param name="artifact">What the manifest says of it.</param>
    /// <param name="encryption">Decrypts; needed when the artifact is encrypted.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException">Here or while reading: <see cref="DrpError.KeyOrPassphrase"/>, <see cref="DrpError.VerificationFailed"/>.</exception>
    public async Task<Stream> OpenAsync(Stream stored, BackupArtifact artifact, IEncryption? encryption, CancellationToken ct)
    {
        Stream stream = new DigestStream(stored, artifact.Name, artifact.Size, artifact.Sha256);
        try
        {
            if (artifact.Encrypted) stream = await Require(encryption, artifact.Name).DecryptAsync(stream, ct).ConfigureAwait(false);
            if (artifact.PackedSha256 is { } packed) stream = new DigestStream(stream, artifact.Name, sha256: packed);
            stream = Compression.Decompress(host, artifact.Compression, stream, artifact.Name);
            return new DigestStream(stream, artifact.Name, artifact.PlainSize, artifact.PlainSha256);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Plain bytes of a file that is not ours: encryption and compression are recognised by its first bytes, as often as they are stacked.</summary>
    /// <param name="source">The bytes; owned from the call on.</param>
    /// <param name="subject">What it is, for messages.</param>
    /// <param name="encryption">Decrypts; needed when it turns out to be encrypted.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Stream> OpenForeignAsync(Stream source, string subject, IEncryption? encryption, CancellationToken ct)
    {
        Stream stream = source;
        try
        {
            for (int layer = 0; layer < 4; layer++)
            {
                var peeked = await PeekedStream.PeekAsync(stream, EnoughToRecognise, ct).ConfigureAwait(false);
                stream = peeked;
                CompressionKind kind = Compression.Recognise(peeked.Start.Span);
                if (OpenPgp.LooksEncrypted(peeked.Start.Span)) stream = await Require(encryption, subject).DecryptAsync(stream, ct).ConfigureAwait(false);
                else if (kind != CompressionKind.None) stream = Compression.Decompress(host, kind, stream, subject);
                else break;
            }

            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static IEncryption Require(IEncryption? encryption, string subject) =>
        encryption ?? throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(PipelineTexts.NoKeyGiven, subject)) { Subject = subject, Hint = PipelineTexts.ConfigureEncryption };
}
