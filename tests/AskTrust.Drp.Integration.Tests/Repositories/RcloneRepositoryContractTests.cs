using AskTrust.Drp.Contracts;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.Rclone;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Repositories;

/// <summary>The rclone driver with a real rclone, on a remote that is a folder of this machine.</summary>
public sealed class RcloneRepositoryContractTests : RepositoryContract
{
    private readonly TestContext _context = new();

    private protected override bool CreatesExclusively => false;

    private string Data => Path.Join(_context.Folder.Path, "data", "below");

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _context.Dispose();
    }

    private protected override async Task<IRepository> OpenAsync()
    {
        Requires.Programs("rclone");
        Directory.CreateDirectory(Data);
        string config = _context.Folder.Write("rclone.conf", $"[test]\ntype = alias\nremote = {_context.Folder.Path}/data\n");
        var plan = new RcloneRepositoryPlan { Name = "rclone", Remote = "test:below", ConfigFile = config };
        return await RcloneRepository.OpenAsync(plan, _context.Host, default);
    }

    private protected override async Task<bool> LeaveUnfinishedAsync(string key)
    {
        // What a killed rcat leaves behind on a remote that writes in place.
        string file = Path.Join(Data, key[..key.LastIndexOf('/')], RepositoryKey.NewTemporaryName());
        await File.WriteAllTextAsync(file, "half");
        return true;
    }
}
