using AskTrust.Drp.Contracts;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.Local;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Engine.Tests.Repositories;

/// <summary>The directory driver on this machine's file system, which knows hard links.</summary>
public sealed class DirectoryRepositoryByLink : DirectoryRepositoryContract
{
    private protected override PublishBy PublishBy => PublishBy.Auto;
}

/// <summary>As on a file system without hard links.</summary>
public sealed class DirectoryRepositoryByRename : DirectoryRepositoryContract
{
    private protected override PublishBy PublishBy => PublishBy.Rename;
}

/// <summary>As on a file system with neither hard links nor a rename that refuses to replace.</summary>
public sealed class DirectoryRepositoryByClaim : DirectoryRepositoryContract
{
    private protected override PublishBy PublishBy => PublishBy.Claim;
}

/// <summary>The contract on a folder of its own.</summary>
public abstract class DirectoryRepositoryContract : RepositoryContract
{
    private readonly TestFolder _folder = new("repo");

    private protected abstract PublishBy PublishBy { get; }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    private protected override Task<IRepository> OpenAsync()
        => Task.FromResult<IRepository>(new DirectoryRepository("local", _folder.Path, TimeProvider.System, PublishBy));

    private protected override async Task<bool> LeaveUnfinishedAsync(string key)
    {
        // Never disposed, like the sink of a killed process.
        var sink = await (await RepositoryAsync()).CreateAsync(key, null, default);
        await sink.WriteAsync(new byte[5], default);
        return true;
    }
}
