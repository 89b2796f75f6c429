namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// Takes bytes. Only <see cref="CompleteAsync"/> makes them count; disposing without it throws the bytes away and leaves
/// nothing behind. Not thread-safe: one writer.
/// </summary>
internal interface ISink : IAsyncDisposable
{
    /// <summary>Takes a piece; the buffer may be reused as soon as the call returns.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct);

    /// <summary>Everything was written: flush, make durable, make visible. At most once.</summary>
    Task CompleteAsync(CancellationToken ct);
}
