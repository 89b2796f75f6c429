using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Finds backup sets in all repositories of a plan. One that does not answer is a warning as long as another does.</summary>
internal sealed class CatalogReader(CatalogContext catalog)
{
    /// <summary>Lists every repository at once. Says nothing: the warnings are in the snapshot.</summary>
    /// <param name="ct">Cancels.</param>
    /// <param name="unmade">Names of repositories that answered and have no folder yet: they hold nothing. Null = none.</param>
    /// <exception cref="DrpException">No repository answered.</exception>
    public async Task<CatalogSnapshot> ReadAsync(CancellationToken ct, IReadOnlySet<string>? unmade = null)
    {
        RepositoryLister[] listers = [.. catalog.Repositories.Where(r => unmade?.Contains(r.Name) != true).Select(r => new RepositoryLister(catalog, r))];
        RepositorySnapshot[] read = await Task.WhenAll(listers.Select(l => l.RunAsync(ct))).ConfigureAwait(false);
        if (read.Length == catalog.Repositories.Count && read.Length > 0 && read.All(r => r.Error is not null))
        {
            throw read.Length == 1
                ? read[0].Error!
                : new DrpException(read[0].Error!.Code, Text.Of(CatalogTexts.NoRepositoryAnswers, string.Join(" · ", read.Select(r => $"{r.Repository.Name}: {r.Error!.Message}"))), read[0].Error)
                {
                    Hint = CatalogTexts.NoRepositoryAnswersHint,
                    IsTransient = read.Any(r => r.Error!.IsTransient),
                };
        }

        List<string> warnings =
        [
            .. read.Where(r => r.Error is not null).Select(r => Text.Of(CatalogTexts.RepositoryNotListed, r.Repository.Name, r.Error!.Message)),
            .. listers.SelectMany(l => l.Warnings).Order(StringComparer.Ordinal),
        ];
        CatalogSnapshot snapshot = new(catalog.PlanPath, read, warnings);
        warnings.AddRange(snapshot.Sets.Where(s => s.Copies.Count > 1 && s.Copies.Select(c => c.Summary!.ManifestSha256).Distinct(StringComparer.Ordinal).Count() > 1)
            .Select(s => Text.Of(CatalogTexts.RepositoriesDisagree, s.Id, string.Join(", ", s.Set.Repositories))));
        return snapshot;
    }

    /// <summary>Repositories asked for that did not answer at the last <see cref="ListAsync"/>: that list may lack sets.</summary>
    public IReadOnlyList<string> Silent { get; private set; } = [];

    /// <summary>Sets that fit, newest first; what is odd is said as warnings.</summary>
    /// <exception cref="DrpException">No repository answered, or the one named in the filter did not.</exception>
    public async IAsyncEnumerable<BackupSet> ListAsync(BackupFilter filter, [EnumeratorCancellation] CancellationToken ct)
    {
        CatalogSnapshot snapshot = await ReadAsync(ct).ConfigureAwait(false);
        CheckRepository(filter, snapshot);
        // The one repository that was asked for has answered.
        Silent = filter.Repository is null ? [.. snapshot.Repositories.Where(r => r.Error is not null).Select(r => r.Repository.Name)] : [];
        foreach (string warning in snapshot.Warnings)
        {
            catalog.Host.Say(DrpEventLevel.Warning, warning);
        }

        foreach (CatalogSet set in SetFilter.Apply(snapshot.Sets, filter))
        {
            yield return set.Set;
        }
    }

    /// <summary>The sets meant, newest first; at least one.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: nothing fits, or an id asked for by its full name is not there.</exception>
    public async Task<IReadOnlyList<CatalogSet>> FindAsync(BackupFilter filter, CancellationToken ct)
    {
        CatalogSnapshot snapshot = await ReadAsync(ct).ConfigureAwait(false);
        return Find(snapshot, filter);
    }

    /// <summary>The same in a snapshot read before.</summary>
    public IReadOnlyList<CatalogSet> Find(CatalogSnapshot snapshot, BackupFilter filter, bool damagedToo = false)
    {
        CheckRepository(filter, snapshot);
        IReadOnlyList<CatalogSet> found = SetFilter.Apply(damagedToo ? snapshot.Everything : snapshot.Sets, filter);
        string? lacking = filter.Ids.FirstOrDefault(id => !SetFilter.IsPattern(id) && !found.Any(s => SetFilter.Matches(s.Set.Id, id)));
        if (lacking is not null || found.Count == 0)
        {
            if (lacking is not null && Unfit(snapshot, lacking) is { } unfit) throw unfit;
            throw new DrpException(DrpError.RepositoryMissing, lacking is null ? CatalogTexts.NothingFits : Text.Of(CatalogTexts.SetMissing, lacking))
            {
                Subject = lacking ?? string.Join(", ", filter.Ids),
                Hint = CatalogTexts.SetMissingHint,
            };
        }

        return found;
    }

    /// <summary>Why a set that is there cannot be used: it is not called missing, for what it lacks can perhaps be brought back. Null when there is no such set, or nothing wrong.</summary>
    public static DrpException? Unfit(CatalogSnapshot snapshot, string id)
    {
        StoredSet[] copies = [.. snapshot.Repositories.SelectMany(r => r.Sets).Where(s => s.Id.ToString().Equals(id, StringComparison.OrdinalIgnoreCase) && s.Problems.Count > 0)];
        if (copies.Length == 0) return null;
        IEnumerable<string> problems = copies.SelectMany(s => s.Problems).Distinct(StringComparer.Ordinal);
        return copies.All(s => s.IsOrphan)
            ? new DrpException(DrpError.VerificationFailed, Text.Of(CatalogTexts.SetOrphan, copies[0].Id, string.Join(' ', problems))) { Subject = id, Hint = CatalogTexts.SetOrphanHint }
            : new DrpException(DrpError.RepositoryMissing, Text.Of(CatalogTexts.SetBroken, copies[0].Id, string.Join("; ", problems))) { Subject = id, Hint = CatalogTexts.SetMissingHint };
    }

    private void CheckRepository(BackupFilter filter, CatalogSnapshot snapshot)
    {
        if (filter.Repository is not { } name)
        {
            return;
        }

        RepositorySnapshot? named = snapshot.Repositories.FirstOrDefault(r => r.Repository.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (named is null)
        {
            IEnumerable<string> names = catalog.Repositories.Select(r => r.Name);
            throw new DrpException(DrpError.PlanInvalid, Text.Of(CatalogTexts.RepositoryUnknown, name)) { Subject = name, Hint = Text.Of(CatalogTexts.RepositoryUnknownHint, string.Join(", ", names)) };
        }

        if (named.Error is { } error)
        {
            throw error;
        }
    }
}
