using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>What a guard lets through of an archive, as a stream; at its end the archive was whole.</summary>
internal sealed class GuardedStream(Stream archive, UnpackGuard guard, Action<long> progress) : ReadOnlyStream
{
    private readonly byte[] _buffer = new byte[256 * 1024];
    private ReadOnlyMemory<byte> _rest;
    private long _seen;
    private bool _ended;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_rest.IsEmpty && !_ended)
        {
            guard.Clear();
            int count = await archive.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                _ended = true;
                guard.RequireWhole();
                return 0;
            }

            guard.Feed(_buffer.AsSpan(0, count));
            if (guard.IsBad) guard.RequireWhole();
            progress(_seen += count);
            _rest = guard.Passed;
        }

        int taken = Math.Min(buffer.Length, _rest.Length);
        _rest[..taken].CopyTo(buffer);
        _rest = _rest[taken..];
        return taken;
    }
}
