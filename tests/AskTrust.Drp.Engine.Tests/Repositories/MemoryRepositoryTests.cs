using AskTrust.Drp.Contracts;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Fakes;

namespace AskTrust.Drp.Engine.Tests.Repositories;

/// <summary>The fake keeps the contract, so that tests above it mean something.</summary>
public sealed class MemoryRepositoryTests : RepositoryContract
{
    private readonly MemoryRepository _memory = new();

    private protected override Task<IRepository> OpenAsync() => Task.FromResult<IRepository>(_memory);

    private protected override async Task<bool> LeaveUnfinishedAsync(string key)
    {
        await _memory.CreateAsync(key, null, default);
        return true;
    }
}
