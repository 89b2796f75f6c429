using Amazon.S3;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Repositories.S3;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Repositories;

/// <summary>A gateway, a proxy before it, and repositories that talk through it, with short patience.</summary>
internal sealed class S3Fixture : IAsyncDisposable
{
    private readonly TestContext _context = new();
    private readonly List<IRepository> _opened = [];

    private S3Fixture(CephRgw rgw, string bucket)
    {
        (Rgw, Bucket) = (rgw, bucket);
        Proxy = FaultProxy.Before(rgw.Port);
        Client = rgw.Client();
    }

    public static S3Tuning Quick { get; } = new()
    {
        Idle = TimeSpan.FromSeconds(2),
        Retry = new RepositoryRetry { MaxRetries = 4, Delay = TimeSpan.FromMilliseconds(10), MaxDelay = TimeSpan.FromMilliseconds(100) },
    };

    public CephRgw Rgw { get; }

    public FaultProxy Proxy { get; }

    public string Bucket { get; }

    public AmazonS3Client Client { get; }

    public TestContext Context => _context;

    public static async Task<S3Fixture> StartAsync(bool withObjectLock = false)
    {
        CephRgw rgw = await CephRgw.SharedAsync();
        return new S3Fixture(rgw, await rgw.BucketAsync(withObjectLock));
    }

    public S3RepositoryPlan Plan(string accessKey = CephRgw.AccessKey, string secretKey = CephRgw.SecretKey) => new()
    {
        Name = "offsite",
        Bucket = Bucket,
        Endpoint = Proxy.Endpoint,
        AccessKey = _context.Secret("access", accessKey),
        SecretKey = _context.Secret("secret", secretKey),
    };

    public async Task<IRepository> OpenAsync(S3RepositoryPlan? plan = null, S3Tuning? tuning = null)
    {
        IRepository repository = await S3Repository.OpenAsync(plan ?? Plan(), _context.Host, tuning ?? Quick, default);
        _opened.Add(repository);
        return repository;
    }

    public async Task<int> UnfinishedAsync() => (await Client.ListMultipartUploadsAsync(Bucket)).MultipartUploads?.Count ?? 0;

    public async ValueTask DisposeAsync()
    {
        foreach (IRepository repository in _opened) await repository.DisposeAsync();
        await Proxy.DisposeAsync();
        Client.Dispose();
        _context.Dispose();
    }

    public static async Task PutAsync(IRepository repository, string key, byte[] bytes)
    {
        await using ISink sink = await repository.CreateAsync(key, null, default);
        await sink.WriteAsync(bytes, default);
        await sink.CompleteAsync(default);
    }

    public static async Task<byte[]> GetAsync(IRepository repository, string key)
    {
        await using Stream stream = await repository.OpenReadAsync(key, 0, null, default);
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
