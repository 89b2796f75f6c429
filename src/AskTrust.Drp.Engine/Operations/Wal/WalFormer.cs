using System.Globalization;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>
/// What the spool still holds of servers that came before (an upgrade makes a new one): what a repository lacks of it is shipped, under its own system identifier, and
/// the folder goes. Nobody else would: the receiver knows the server that is there now.
/// </summary>
internal sealed class WalFormer(OperationContext context, WalComponent component, WalArchive archive)
{
    /// <summary>Ships it, once. What a silent repository lacks waits for the next start of the receiver.</summary>
    /// <param name="current">The server that is there now.</param>
    /// <param name="ct">Cancels.</param>
    public async Task DeliverAsync(ulong current, CancellationToken ct)
    {
        foreach (string folder in Directory.EnumerateDirectories(component.Spool, WalSpool.Received + "*").Order(StringComparer.Ordinal))
        {
            if (!ulong.TryParse(Path.GetFileName(folder)[WalSpool.Received.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out ulong system) || system == current) continue;
            try
            {
                await DeliverAsync(folder, system, ct).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DrpException or IOException or UnauthorizedAccessException)
            {
                // The WAL of today does not wait for that of yesterday.
                context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalFormerStays, folder, system, e.Message));
            }
        }
    }

    private async Task DeliverAsync(string folder, ulong system, CancellationToken ct)
    {
        // Another component with the same spool may be at work in it.
        using LocalLock _ = await LocalLock.TakeBesideAsync(context.Host, folder, $"wal receive {component.Name}", ct).ConfigureAwait(false);
        List<string> lacking = [];
        WalSpool? spool = null;
        foreach (IRepository repository in context.Catalog.Writable)
        {
            WalListing listing = await archive.ListAsync(repository, system, ct).ConfigureAwait(false);
            if (listing.Error is { } silent) lacking.Add($"{repository.Name}: {silent.Message}");
            // One that never had WAL of it, has no use for its end.
            else if (listing.Servers.FirstOrDefault(s => s.System == system && s.Component == component.Name) is { } server)
            {
                spool ??= new WalSpool(component.Spool, system, server.SegmentSize);
                if (await ShipAsync(spool, server, repository, ct).ConfigureAwait(false) is { } problem) lacking.Add(problem);
            }
        }

        if (lacking.Count > 0) context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalFormerStays, folder, system, string.Join("; ", lacking)));
        if (lacking.Count > 0 || spool is null) return;
        Directory.Delete(folder, recursive: true);
        WalDebts.Forgive(component, system);
        context.Host.Say(DrpEventLevel.Information, Text.Of(OperationsTexts.WalFormerShipped, system));
    }

    private async Task<string?> ShipAsync(WalSpool spool, WalServer server, IRepository repository, CancellationToken ct)
    {
        var shipper = new WalShipper(
            context.Catalog, archive, spool, new WalPackCache(archive, spool), repository, server, newSystem: false, component.PointInTime.ShipEvery, WalDebts.Of(component, server.System));
        await using var _ = shipper.ConfigureAwait(false);
        // Asked to finish before it begins: it goes through the spool once.
        await shipper.RunAsync(new CancellationToken(canceled: true), ct).ConfigureAwait(false);
        WalShipment report = shipper.Report;
        return report is { Message: null, Waiting: 0 } ? null : $"{repository.Name}: {report.Message ?? Text.Of(OperationsTexts.WalFiles, report.Waiting)}";
    }
}
