using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Writing to a program that may go before it has read everything: its exit code tells why, not the broken pipe.</summary>
internal static class ProcessInput
{
    /// <summary>Writes.</summary>
    /// <returns>False when the program reads no more.</returns>
    public static async ValueTask<bool> TryWriteAsync(this IRunningProcess process, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await process.Input.WriteAsync(bytes, ct).ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Tells the program that everything was written.</summary>
    public static async Task TryCloseInputAsync(this IRunningProcess process)
    {
        try
        {
            await process.Input.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It has gone already.
        }
    }
}
