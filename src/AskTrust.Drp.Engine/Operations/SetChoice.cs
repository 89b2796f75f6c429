using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Chooses the set to read, and the repository to read it from.</summary>
internal static class SetChoice
{
    /// <summary>The set of that id (or <c>latest</c>) and a repository whose copy is not known to be bad, in the plan's order.</summary>
    public static async Task<(CatalogSet Set, IRepository Repository)> FindAsync(OperationContext context, string id, string? component, string? repository, CancellationToken ct, string? kind = null)
    {
        var reader = new CatalogReader(context.Catalog);
        CatalogSnapshot snapshot = await reader.ReadAsync(ct).ConfigureAwait(false);
        foreach (string warning in snapshot.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        CatalogSet set = reader.Find(snapshot, new BackupFilter { Ids = [id], Component = component, Repository = repository, Kind = kind })[0];
        return (set, Repository(context, snapshot, set, repository));
    }

    /// <summary>A random set older than the newest.</summary>
    public static async Task<(CatalogSet Set, IRepository Repository)> RandomOlderAsync(OperationContext context, string? component, string? repository, CancellationToken ct)
    {
        var reader = new CatalogReader(context.Catalog);
        CatalogSnapshot snapshot = await reader.ReadAsync(ct).ConfigureAwait(false);
        var older = reader.Find(snapshot, new BackupFilter { Component = component, Repository = repository }).Skip(1).ToList();
        if (older.Count == 0) throw new DrpException(DrpError.RepositoryMissing, OperationsTexts.NoOlderSet) { Hint = OperationsTexts.NoOlderSetHint };
#pragma warning disable CA5394 // Which backup is tested is no secret.
        CatalogSet set = older[Random.Shared.Next(older.Count)];
#pragma warning restore CA5394
        return (set, Repository(context, snapshot, set, repository));
    }

    /// <summary>The repository to read a set from.</summary>
    internal static IRepository Repository(OperationContext context, CatalogSnapshot snapshot, CatalogSet set, string? asked)
    {
        var copies = set.Copies.Select(c => c.Repository).Where(r => asked is null || r.Name == asked).ToList();
        if (copies.Find(r => !snapshot.IsKnownBad(set.Id, r.Name)) is { } good) return good;
        context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.OnlyBadCopies, set.Id));
        return copies[0];
    }
}
