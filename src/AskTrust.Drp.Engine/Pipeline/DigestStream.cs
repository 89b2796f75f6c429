using System.Security.Cryptography;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>
/// Digests what is read and, at the end of the stream, compares size and SHA-256 with what is expected: a difference is an
/// error in place of the end of the stream, so no consumer takes wrong bytes for the whole.
/// </summary>
/// <param name="source">The stream; owned.</param>
/// <param name="subject">What it is, for messages.</param>
/// <param name="size">Expected size; null = any.</param>
/// <param name="sha256">Expected SHA-256; null = any, and none is computed.</param>
internal sealed class DigestStream(Stream source, string subject, long? size = null, string? sha256 = null) : ReadOnlyStream
{
    private readonly IncrementalHash? _hash = sha256 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _ended;

    /// <summary>Bytes so far.</summary>
    public long Size { get; private set; }

    /// <summary>SHA-256 of everything; known at the end of the stream.</summary>
    public string Sha256 { get; private set; } = "";

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        int count = await ReadSourceAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count > 0)
        {
            _hash?.AppendData(buffer.Span[..count]);
            Size += count;
            // Too long is known at once: no need to read a foreign file to its end.
            if (Size > size) throw WrongSize();
        }
        else
        {
            End();
        }

        return count;
    }

    /// <inheritdoc/>
    protected override ValueTask ReleaseAsync()
    {
        _hash?.Dispose();
        return source.DisposeAsync();
    }

    private async ValueTask<int> ReadSourceAsync(Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            return await source.ReadAsync(buffer, ct).ConfigureAwait(false);
        }
        catch (EndOfStreamException e)
        {
            throw new DrpException(DrpError.VerificationFailed, Text.Of(PipelineTexts.Truncated, subject), e) { Subject = subject };
        }
    }

    private void End()
    {
        if (!_ended && _hash is not null) Sha256 = Digests.Hex(_hash.GetHashAndReset());
        _ended = true;
        if (size is not null && Size != size) throw WrongSize();
        if (sha256 is not null && !Sha256.Equals(sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new DrpException(DrpError.VerificationFailed, Text.Of(PipelineTexts.WrongDigest, subject, sha256, Sha256))
            {
                Subject = subject, Hint = PipelineTexts.UseAnotherCopy,
            };
        }
    }

    private DrpException WrongSize() => new(DrpError.VerificationFailed, Text.Of(PipelineTexts.WrongSize, subject, size, Size))
    {
        Subject = subject, Hint = PipelineTexts.UseAnotherCopy,
    };
}
