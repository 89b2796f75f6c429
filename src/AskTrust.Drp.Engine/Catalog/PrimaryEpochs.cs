using System.Globalization;
using System.Text.Json;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>One change of the primary, as the repositories remember it: <c>primary/COMPONENT/NUMBER.json</c>, written once, before the new primary is promoted.</summary>
/// <param name="Epoch">Number, from 1.</param>
/// <param name="Component">Component.</param>
/// <param name="Primary">Node that is primary by right from then on.</param>
/// <param name="Previous">The one before.</param>
/// <param name="SystemIdentifier">Of the cluster.</param>
/// <param name="SwitchId">The switch.</param>
/// <param name="Time">When.</param>
/// <param name="Host">Where it was done.</param>
/// <param name="User">By whom.</param>
internal sealed record PrimaryEpoch(long Epoch, string Component, string Primary, string Previous, string SystemIdentifier, string SwitchId, DateTimeOffset Time, string Host, string User);

/// <summary>The changes of the primary of each component: the numbers only rise, and no number is given twice.</summary>
internal sealed class PrimaryEpochs(CatalogContext catalog)
{
    /// <summary>The last change, over all repositories that answer.</summary>
    /// <returns>Null when there was none; and the repositories that did not answer.</returns>
    public async Task<(PrimaryEpoch? Last, IReadOnlyList<string> Silent)> LastAsync(string component, CancellationToken ct)
    {
        PrimaryEpoch? last = null;
        List<string> silent = [];
        foreach (IRepository repository in catalog.Repositories)
        {
            try
            {
                if (await LastAsync(repository, component, ct).ConfigureAwait(false) is { } found && found.Epoch > (last?.Epoch ?? 0)) last = found;
            }
            catch (Exception e) when (WriteOnce.IsStoreFault(e) && !ct.IsCancellationRequested)
            {
                silent.Add(repository.Name);
            }
        }

        return (last, silent);
    }

    /// <summary>Writes a change into every repository that answers. The same one twice counts once.</summary>
    /// <returns>The repositories that did not take it.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Locked"/>: somebody else has taken the number.</exception>
    public async Task<IReadOnlyList<string>> WriteAsync(PrimaryEpoch epoch, CancellationToken ct)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(epoch, CatalogJson.Files.PrimaryEpoch);
        List<string> silent = [];
        foreach (IRepository repository in catalog.Writable)
        {
            try
            {
                await repository.PutAsync(catalog.Keys.Epoch(epoch.Component, epoch.Epoch), bytes, ct).ConfigureAwait(false);
            }
            catch (ObjectExistsException e)
            {
                throw new DrpException(DrpError.Locked, Text.Of(CatalogTexts.EpochTaken, epoch.Epoch, epoch.Component, repository.Name), e) { Subject = epoch.Component, Hint = CatalogTexts.EpochTakenHint };
            }
            catch (Exception e) when (WriteOnce.IsStoreFault(e) && !ct.IsCancellationRequested)
            {
                silent.Add(repository.Name);
            }
        }

        return silent;
    }

    private async Task<PrimaryEpoch?> LastAsync(IRepository repository, string component, CancellationToken ct)
    {
        string? last = null;
        await foreach (StoredObject o in repository.ListAsync(catalog.Keys.Epochs(component), ct).ConfigureAwait(false))
        {
            if (Keys.TryEpoch(Keys.NameOf(o.Key), out _)) last = o.Key;
        }

        return last is null ? null : JsonSerializer.Deserialize(await repository.GetAsync(last, ct).ConfigureAwait(false), CatalogJson.Files.PrimaryEpoch);
    }
}

/// <content>Changes of the primary.</content>
internal sealed partial class Keys
{
    /// <summary>Folder of the changes of the primary of a component.</summary>
    public string Epochs(string component) => $"{plan}/primary/{component}/";

    /// <summary>One change.</summary>
    public string Epoch(string component, long epoch) => string.Create(CultureInfo.InvariantCulture, $"{plan}/primary/{component}/{epoch:D8}.json");

    /// <summary>The keys of who changes the primary of a component: its locks are its own.</summary>
    public Keys ForSwitch(string component) => new(plan) { Locks = $"{plan}/primary-locks/{component}/" };

    /// <summary>Reads the number in a change's file name.</summary>
    public static bool TryEpoch(string name, out long epoch)
    {
        epoch = 0;
        return name.Length == 13 && name.EndsWith(".json", StringComparison.Ordinal) && long.TryParse(name.AsSpan(0, 8), NumberStyles.None, CultureInfo.InvariantCulture, out epoch);
    }
}
