using System.Buffers;

namespace AskTrust.Drp.Engine.Components.Tar;

/// <summary>A walker that passes an archive on, entry by entry: what is not kept is left out, and what is kept stays byte for byte as it was.</summary>
internal abstract class TarFilter : TarWalker
{
    private readonly ArrayBufferWriter<byte> _passed = new(512 * 1024);
    private bool _keeps;

    /// <summary>What was kept of the pieces since the last <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Passed => _passed.WrittenMemory;

    /// <summary>What was kept is taken.</summary>
    public void Clear() => _passed.ResetWrittenCount();

    /// <summary>False when another archive follows in the same stream: an archive's end would end that, too.</summary>
    protected virtual bool PassesEnd => true;

    /// <summary>Decides on an entry.</summary>
    protected abstract bool Keep(TarEntry entry);

    /// <inheritdoc/>
    protected sealed override void Begin(TarEntry entry, ReadOnlySpan<byte> headers)
    {
        _keeps = Keep(entry);
        if (_keeps) _passed.Write(headers);
    }

    /// <inheritdoc/>
    protected sealed override void Content(ReadOnlySpan<byte> bytes, bool padding)
    {
        if (_keeps) _passed.Write(bytes);
    }

    /// <inheritdoc/>
    protected sealed override void End(ReadOnlySpan<byte> block)
    {
        if (PassesEnd) _passed.Write(block);
    }
}
