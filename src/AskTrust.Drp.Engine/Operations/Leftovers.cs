using AskTrust.Drp.Engine.Components.Containers;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>What killed runs left on this machine. Every run that makes temporary things sweeps before it begins.</summary>
internal static class Leftovers
{
    /// <summary>Stops throw-away servers without owner, then removes the temporary folders: a server whose folder went first could not be stopped any more.</summary>
    /// <param name="host">The host.</param>
    /// <param name="containers">Also asks Docker; that takes longer, and only restore tests make containers.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task SweepAsync(HostContext host, bool containers, CancellationToken ct)
    {
        await ContainerHold.SettleAsync(host).ConfigureAwait(false);
        await ThrowawaySweeper.SweepAsync(host, containers, ct).ConfigureAwait(false);
        host.Temp.Sweep();
        // Restored files may have names that .NET cannot say.
        foreach (string folder in host.Temp.LeftOver())
        {
            await FilesExtraction.RemoveAsync(host, folder, ct).ConfigureAwait(false);
            host.Temp.Sweep();
        }
    }
}
