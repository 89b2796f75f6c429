using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace AskTrust.Drp.TestBed;

/// <summary>
/// A real S3 server: Ceph's RADOS Gateway with one monitor and one storage daemon that keeps everything in memory, all on the
/// loopback. Starts in about a second. Tests share one; each takes buckets of its own.
/// </summary>
public sealed class CephRgw : IAsyncDisposable
{
    private static readonly Lazy<Task<CephRgw>> s_shared = new(() => StartAsync());
    private static int s_buckets;
    private readonly TestFolder _folder = new("rgw");
    private readonly List<ChildProcess> _daemons = [];

    private CephRgw()
    {
    }

    /// <summary>Key id of the ordinary user.</summary>
    public const string AccessKey = "TESTACCESSKEY0000001";

    /// <summary>Secret key of the ordinary user.</summary>
    public const string SecretKey = "testsecretkey00000000000000000000000001";

    /// <summary>A key that the server's KMS knows.</summary>
    public const string KmsKey = "testkey-1";

    /// <summary>Port of S3.</summary>
    public int Port { get; } = FreePort.Take();

    /// <summary>Endpoint.</summary>
    public string Endpoint => $"http://127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The one of this test process; it dies with the process.</summary>
    public static Task<CephRgw> SharedAsync()
    {
        Require();
        return s_shared.Value;
    }

    /// <summary>Starts one.</summary>
    public static async Task<CephRgw> StartAsync(CancellationToken ct = default)
    {
        Require();
        var rgw = new CephRgw();
        try
        {
            await rgw.BootAsync(ct);
            return rgw;
        }
        catch
        {
            await rgw.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of the SDK, for what tests do beside the driver.</summary>
    public AmazonS3Client Client(string accessKey = AccessKey, string secretKey = SecretKey) => new(
        new BasicAWSCredentials(accessKey, secretKey),
        new AmazonS3Config
        {
            ServiceURL = Endpoint,
            ForcePathStyle = true,
            AuthenticationRegion = "us-east-1",
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });

    /// <summary>Makes a fresh bucket and gives its name.</summary>
    public async Task<string> BucketAsync(bool withObjectLock = false, bool withVersions = false)
    {
        string name = $"drp-{Interlocked.Increment(ref s_buckets).ToString(CultureInfo.InvariantCulture)}";
        using AmazonS3Client client = Client();
        await client.PutBucketAsync(new PutBucketRequest { BucketName = name, ObjectLockEnabledForBucket = withObjectLock });
        if (withVersions)
            await client.PutBucketVersioningAsync(new PutBucketVersioningRequest { BucketName = name, VersioningConfig = new S3BucketVersioningConfig { Status = VersionStatus.Enabled } });
        return name;
    }

    /// <summary>Runs <c>radosgw-admin</c>, e.g. to make users or set quotas.</summary>
    public Task<string> AdminAsync(params string[] arguments) => RunAsync("radosgw-admin", ["-n", "client.rgw", .. arguments]);

    /// <summary>Makes another user.</summary>
    public Task UserAsync(string name, string accessKey, string secretKey)
        => AdminAsync("user", "create", $"--uid={name}", $"--display-name={name}", $"--access-key={accessKey}", $"--secret-key={secretKey}");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (ChildProcess daemon in Enumerable.Reverse(_daemons)) await daemon.DisposeAsync();
        _folder.Dispose();
    }

    private static void Require() => Requires.Programs("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin");

    private async Task BootAsync(CancellationToken ct)
    {
        int monitor = FreePort.Take();
        string fsid = Guid.NewGuid().ToString();
        foreach (string name in (string[])["mon", "osd", "run", "log", "rgw"]) _folder.Sub(name);
        _folder.Write("ceph.conf", Configuration(fsid, monitor));
        string keyring = _folder["keyring"];
        await RunAsync("ceph-authtool", ["--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"]);
        foreach (string name in (string[])["client.admin", "client.rgw", "osd.0"])
            await RunAsync("ceph-authtool", [keyring, "--gen-key", "-n", name, "--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]);
        await RunAsync("monmaptool", ["--create", "--clobber", "--fsid", fsid, "--addv", "a", $"[v2:127.0.0.1:{monitor}]", _folder["monmap"]]);
        await RunAsync("ceph-mon", ["--mkfs", "-i", "a", "--monmap", _folder["monmap"], "--keyring", keyring]);
        Daemon("ceph-mon", "-f", "-i", "a");
        string osd = Guid.NewGuid().ToString();
        await RunAsync("ceph", ["osd", "new", osd]);
        await RunAsync("ceph-osd", ["-i", "0", "--mkfs", "--osd-uuid", osd]);
        Daemon("ceph-osd", "-f", "-i", "0");
        ChildProcess gateway = Daemon("radosgw", "-f", "-n", "client.rgw");
        await AdminAsync("user", "create", "--uid=dr", "--display-name=dr", $"--access-key={AccessKey}", $"--secret-key={SecretKey}");
        await gateway.WaitUntilAsync(() => ChildProcess.AcceptsAsync(Port), TimeSpan.FromSeconds(60), ct);
    }

    private ChildProcess Daemon(string program, params string[] arguments)
    {
        ChildProcess daemon = ChildProcess.Start(program, arguments, Options());
        _daemons.Add(daemon);
        return daemon;
    }

    private Task<string> RunAsync(string program, IEnumerable<string> arguments) => ChildProcess.RunAsync(program, arguments, Options());

    private ChildOptions Options() => new() { Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["CEPH_CONF"] = _folder["ceph.conf"] } };

    // Short proposals: making pools waits on them (1 s instead of 12 s). Without tcp_nodelay every request takes 45 ms.
    private string Configuration(string fsid, int monitor) => $"""
        [global]
        fsid = {fsid}
        mon host = v2:127.0.0.1:{monitor}/0
        public addr = 127.0.0.1
        cluster addr = 127.0.0.1
        auth cluster required = cephx
        auth service required = cephx
        auth client required = cephx
        run dir = {_folder.Path}/run
        admin socket = {_folder.Path}/run/$name.asok
        log file = {_folder.Path}/log/$name.log
        pid file = {_folder.Path}/run/$name.pid
        crash dir = {_folder.Path}/run
        log to stderr = false
        err to stderr = true
        keyring = {_folder.Path}/keyring
        osd pool default size = 1
        osd pool default min size = 1
        mon allow pool size one = true
        osd pool default pg num = 1
        osd pool default pgp num = 1
        osd crush chooseleaf type = 0
        mon data avail crit = 1
        mon data avail warn = 1
        ms bind port min = {monitor + 1000}
        ms bind port max = {monitor + 1100}
        [mon]
        paxos propose interval = 0.02
        paxos min wait = 0.005
        mon tick interval = 1
        mon data = {_folder.Path}/mon
        mon initial members = a
        mon election timeout = 1
        mon lease = 2
        auth allow insecure global id reclaim = false
        [osd]
        osd crush initial weight = 1
        osd data = {_folder.Path}/osd
        osd objectstore = memstore
        memstore device bytes = 4G
        osd class load list = *
        osd class default list = *
        osd op num shards = 1
        osd op num threads per shard = 2
        [client.rgw]
        rgw data = {_folder.Path}/rgw
        rgw frontends = beast endpoint=127.0.0.1:{Port} tcp_nodelay=1
        rgw enable usage log = false
        rgw thread pool size = 32
        rgw num rados handles = 1
        rgw dynamic resharding = false
        rgw crypt require ssl = false
        rgw crypt s3 kms backend = testing
        rgw crypt s3 kms encryption keys = {KmsKey}=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=
        rgw gc obj min wait = 5
        rgw gc processor period = 10

        """;
}
