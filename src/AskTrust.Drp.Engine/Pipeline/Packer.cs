using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>What is to be packed, and where to.</summary>
internal sealed record PackRequest
{
    /// <summary>Writes every byte into the sink (does not complete it); returns only when the source ended well.</summary>
    public required Func<ISink, CancellationToken, Task> Source { get; init; }

    /// <summary>Compression; null = the source has compressed the bytes itself, and they are stored as they are.</summary>
    public required CompressionPlan? Compression { get; init; }

    /// <summary>Encryption; null = none.</summary>
    public IEncryption? Encryption { get; init; }

    /// <summary>The destinations, their objects begun; the packer owns the sinks from the call on.</summary>
    public required IReadOnlyList<Branch> Branches { get; init; }

    /// <summary>Told how many bytes of the source were read so far; often, from any thread.</summary>
    public Action<long>? OnProgress { get; init; }
}

/// <summary>What was packed.</summary>
internal sealed record PackResult
{
    /// <summary>Bytes the source wrote.</summary>
    public required long SourceSize { get; init; }

    /// <summary>SHA-256 of the bytes the source wrote.</summary>
    public required string SourceSha256 { get; init; }

    /// <summary>Stored bytes.</summary>
    public required long Size { get; init; }

    /// <summary>SHA-256 of the stored bytes.</summary>
    public required string Sha256 { get; init; }

    /// <summary>How each destination fared; at least one has no error.</summary>
    public required IReadOnlyList<BranchOutcome> Branches { get; init; }
}

/// <summary>One read of a source: digest → compress → encrypt → digest → every repository, streaming, in bounded memory.</summary>
internal sealed class Packer(HostContext host)
{
    /// <summary>Packs. When it throws, no destination shows anything.</summary>
    /// <exception cref="DrpException">The source failed, a key is missing, or no destination is left.</exception>
    public async Task<PackResult> PackAsync(PackRequest request, CancellationToken ct)
    {
        var fan = new FanOutSink(request.Branches, host.Clock);
        ISink chain = fan;
        try
        {
            var stored = new DigestSink(chain);
            chain = stored;
            if (request.Encryption is { } encryption) chain = await encryption.EncryptAsync(chain, ct).ConfigureAwait(false);
            if (request.Compression is { } compression) chain = Compression.Compress(host, compression, chain);
            var source = new DigestSink(chain, request.OnProgress);
            chain = source;
            await request.Source(source, ct).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
            await source.CompleteAsync(ct).ConfigureAwait(false);
            return new PackResult
            {
                SourceSize = source.Size, SourceSha256 = source.Sha256, Size = stored.Size, Sha256 = stored.Sha256, Branches = fan.Outcomes,
            };
        }
        finally
        {
            await chain.DisposeAsync().ConfigureAwait(false);
        }
    }
}
