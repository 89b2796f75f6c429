using System.Collections.Concurrent;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Remembers which repositories failed during one piece of work: each is left alone from then on and told about once.</summary>
internal sealed class Outages(HostContext host)
{
    private readonly ConcurrentDictionary<IRepository, Exception> _failed = new();

    /// <summary>The first failure as an error.</summary>
    public DrpException? First => _failed.Values.Select(e => e as DrpException ?? new DrpException(DrpError.Failed, e.Message, e)).FirstOrDefault();

    /// <summary>Why a repository failed; null when it did not.</summary>
    public Exception? Why(IRepository repository) => _failed.GetValueOrDefault(repository);

    /// <summary>Those that did not fail.</summary>
    public IEnumerable<IRepository> Alive(IEnumerable<IRepository> repositories) => repositories.Where(r => !_failed.ContainsKey(r));

    /// <summary>Does something with a repository that has not failed yet.</summary>
    /// <returns>True when it was done.</returns>
    public async Task<bool> TryAsync(IRepository repository, Func<Task> work, CancellationToken ct)
    {
        if (_failed.ContainsKey(repository))
        {
            return false;
        }

        try
        {
            await work().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (WriteOnce.IsStoreFault(e) && !ct.IsCancellationRequested)
        {
            _failed.TryAdd(repository, e);
            return false;
        }
    }

    /// <summary>Says a warning for each that failed.</summary>
    /// <param name="format">With the repository's name and the reason.</param>
    public void Tell(string format)
    {
        foreach ((IRepository repository, Exception e) in _failed)
        {
            host.Say(DrpEventLevel.Warning, Text.Of(format, repository.Name, e.Message));
        }
    }
}
