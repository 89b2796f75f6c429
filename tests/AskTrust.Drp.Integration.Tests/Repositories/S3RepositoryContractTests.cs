using AskTrust.Drp.Contracts;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.S3;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Repositories;

/// <summary>The S3 driver against Ceph's gateway, in a bucket of its own.</summary>
public sealed class S3RepositoryContractTests : S3RepositoryContract
{
    private protected override S3RepositoryPlan Change(S3RepositoryPlan plan) => plan;
}

/// <summary>In a bucket that keeps versions, below a prefix, encrypted by the server's KMS.</summary>
public sealed class S3RepositoryInVersionedBucketContractTests : S3RepositoryContract
{
    private protected override bool WithVersions => true;

    private protected override S3RepositoryPlan Change(S3RepositoryPlan plan)
        => plan with { Prefix = "backups/of-a-product", ServerSideEncryption = "aws:kms", KmsKeyId = CephRgw.KmsKey };
}

/// <summary>The contract against Ceph's gateway.</summary>
public abstract class S3RepositoryContract : RepositoryContract
{
    private readonly TestContext _context = new();

    private protected virtual bool WithVersions => false;

    private protected abstract S3RepositoryPlan Change(S3RepositoryPlan plan);

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _context.Dispose();
    }

    private protected override async Task<IRepository> OpenAsync()
    {
        CephRgw rgw = await CephRgw.SharedAsync();
        var plan = new S3RepositoryPlan
        {
            Name = "s3",
            Bucket = await rgw.BucketAsync(withVersions: WithVersions),
            Endpoint = rgw.Endpoint,
            AccessKey = _context.Secret("access", CephRgw.AccessKey),
            SecretKey = _context.Secret("secret", CephRgw.SecretKey),
        };
        return await S3Repository.OpenAsync(Change(plan), _context.Host, default);
    }

    private protected override async Task<bool> LeaveUnfinishedAsync(string key)
    {
        ISink sink = await (await RepositoryAsync()).CreateAsync(key, null, default);
        await sink.WriteAsync(new byte[9 << 20], default);
        return true;
    }
}
