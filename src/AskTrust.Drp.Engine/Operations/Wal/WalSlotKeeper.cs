using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Takes, makes and drops the slot of a receiver; never takes it from a receiver that lives.</summary>
/// <param name="context">The operation.</param>
/// <param name="component">The component.</param>
/// <param name="source">The server.</param>
/// <param name="isOurs">True once a repository has given us its lease: then no other receiver of this component lives, on whichever machine.</param>
internal sealed class WalSlotKeeper(OperationContext context, WalComponent component, WalSource source, Func<bool> isOurs)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_before = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Makes the slot when there is none, and waits until nobody streams through it.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Locked"/>: somebody does.</exception>
    public async Task TakeAsync(CancellationToken ct)
    {
        long start = context.Clock.GetTimestamp();
        for (bool ended = false; ; await Task.Delay(s_look, context.Clock, ct).ConfigureAwait(false))
        {
            WalSlot? slot = await source.SlotAsync(component.Slot, ct).ConfigureAwait(false);
            if (slot is null)
            {
                await source.MakeSlotAsync(component.Slot, ct).ConfigureAwait(false);
                return;
            }

            if (!slot.Active) return;
            TimeSpan waited = context.Clock.GetElapsedTime(start);
            bool named = slot.Client?.StartsWith(component.Slot + " ", StringComparison.Ordinal) == true;
            if (!named || waited > s_patience)
            {
                throw new DrpException(DrpError.Locked, Text.Of(OperationsTexts.WalSlotTaken, component.Slot, slot.ProcessId, slot.Client?.Trim())) { Subject = component.Slot, Hint = OperationsTexts.WalSlotTakenHint };
            }

            // What a killed receiver left, and the server has not noticed yet.
            if (ended || waited < s_before || slot.ProcessId is not { } id || !isOurs()) continue;
            await source.EndStreamAsync(id, ct).ConfigureAwait(false);
            ended = true;
        }
    }

    /// <summary>Removes the slot once our stream has ended; the server is free to forget.</summary>
    public async Task DropAsync(CancellationToken ct)
    {
        long start = context.Clock.GetTimestamp();
        for (; await source.SlotAsync(component.Slot, ct).ConfigureAwait(false) is { } slot; await Task.Delay(s_look, context.Clock, ct).ConfigureAwait(false))
        {
            if (!slot.Active)
            {
                await source.DropSlotAsync(component.Slot, ct).ConfigureAwait(false);
                return;
            }

            if (context.Clock.GetElapsedTime(start) > s_before && slot.ProcessId is { } id) await source.EndStreamAsync(id, ct).ConfigureAwait(false);
        }
    }
}
