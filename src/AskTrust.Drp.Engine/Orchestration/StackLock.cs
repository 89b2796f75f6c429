using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>One run at a time stops and starts the services of a plan. The lock is the kernel's: whatever ends its holder frees it.</summary>
internal static class StackLock
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Takes it.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Locked"/>, naming the holder.</exception>
    public static async Task<LocalLock?> TakeAsync(OperationContext context, string purpose, CancellationToken ct) =>
        await LocalLock.TakeAsync(context.Host, $"services-{context.Plan.Name}", purpose, s_patience, ct).ConfigureAwait(false);
}
