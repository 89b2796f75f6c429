using AskTrust.Drp.Engine.Components.PostgreSql.Physical;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Takes the restore into a container's volume back: the cluster that is aside and the restored one change places. Also ends one that was killed half way.</summary>
internal static class VolumeUndo
{
    /// <summary>Swaps.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="entry">The restore.</param>
    /// <param name="id">Id of this undo, under which the restored cluster stays aside.</param>
    /// <param name="ct">Cancels; until the swap begins.</param>
    /// <returns>Where the restored cluster is now; null when there was no whole one.</returns>
    public static async Task<string?> RunAsync(OperationContext context, RestoreEntry entry, string id, CancellationToken ct)
    {
        TargetContainer target = await TargetContainer.FindAsync(context.Host, entry.Container, null, null, ct).ConfigureAwait(false);
        var control = new ContainerControl(context.Host, target);
        SideContainer side = await SideContainer.StartAsync(context.Host, target, ct).ConfigureAwait(false);
        await using var _ = side.ConfigureAwait(false);
        var shelf = new VolumeShelf(side, target.Data);
        // What a restore puts aside has its id.
        string previous = entry.RestoreId;
        if (await side.ShellAsync("[ ! -d \"$1\" ] || echo there", ct, shelf.PathOf(previous)).ConfigureAwait(false) != "there")
            throw new DrpException(DrpError.RepositoryMissing, Host.Text.Of(OperationsTexts.KeptGone, $"{target.Name}:{shelf.PathOf(previous)}")) { Subject = target.Name };
        if (target.Running) await control.StopAsync(ct).ConfigureAwait(false);
        if (entry.Finished) await shelf.OutAsync(id, CancellationToken.None).ConfigureAwait(false);
        await shelf.BackAsync(previous, CancellationToken.None).ConfigureAwait(false);
        await control.StartAsync(CancellationToken.None).ConfigureAwait(false);
        if (!entry.Finished) return null;
        await shelf.DoneAsync(id, CancellationToken.None).ConfigureAwait(false);
        return shelf.PathOf(id);
    }
}
