namespace AskTrust.Drp.Engine.Operations.Whole;

/// <summary>Takes the restore of one part back.</summary>
internal static class PartUndo
{
    /// <summary>Takes it back.</summary>
    /// <returns>False when there was nothing.</returns>
    public static async Task<bool> RunAsync(OperationContext context, string restoreId, CancellationToken ct)
    {
        RestoreEntry? entry = await new RestoreJournal(context.RestoresFolder).FindAsync(restoreId, ct).ConfigureAwait(false);
        if (entry is null or { Undone: not null }) return false;
        // A database that was empty stays as it is: emptying it again is left to the operator.
        if (entry.WasEmpty && Kinds.ComponentKinds.Of(context, entry) is null) return false;
        await new UndoRun(context, new UndoOptions { RestoreId = restoreId, Confirmed = true }).RunAsync(ct).ConfigureAwait(false);
        return true;
    }

    /// <summary>The restore of a component that a run began and could not tell the end of: it was killed. Null = it changed nothing.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="component">The component.</param>
    /// <param name="since">When that run began.</param>
    /// <param name="settle">Settles first what was killed; false: changes nothing.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<string?> FindAsync(OperationContext context, string component, DateTimeOffset since, bool settle, CancellationToken ct)
    {
        var journal = new RestoreJournal(context.RestoresFolder);
        if (settle) await Kinds.ComponentSettle.RunAsync(context, journal, ct).ConfigureAwait(false);
        await foreach (RestoreEntry entry in journal.AllAsync(ct).ConfigureAwait(false))
        {
            if (entry.Component == component && entry.Started >= since && entry is { Finished: true, Undone: null }) return entry.RestoreId;
        }

        return null;
    }
}
