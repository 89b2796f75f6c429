using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Tests.Plan;

public sealed class PlanReaderTests
{
    private static DrpPlan Read(string text) => PlanReader.Parse(text, SamplePlans.File);

    [Fact]
    public void The_smallest_plan_has_the_records_defaults()
    {
        var plan = Read(SamplePlans.Small);

        Assert.Equal("shop", plan.Name);
        Assert.Equal(SamplePlans.File, plan.Path);
        Assert.Equal(new PostgreSqlPlan { Name = "db", Url = "postgresql://shop@127.0.0.1/shop" } with { RestoreTest = ((PostgreSqlPlan)plan.Components["db"]).RestoreTest }, plan.Components["db"]);
        Assert.Equal(new DirectoryRepositoryPlan { Name = "local", Path = Path.Combine(SamplePlans.Folder, "backups") }, plan.Repositories["local"]);
        Assert.Null(plan.Encryption);
        Assert.Empty(plan.Jobs);
        Assert.Equal(new CompressionPlan(), plan.Compression);
    }

    [Fact]
    public void Every_key_reaches_its_place_in_the_records()
    {
        var plan = Read(SamplePlans.Full);

        Assert.Equal(new ApplicationPlan { Version = "1.10", Commit = "${command:git rev-parse HEAD}" }, plan.Application);
        Assert.Equal(new ObjectivePlan { Rto = TimeSpan.FromHours(4), Rpo = TimeSpan.FromHours(1) }, plan.Objectives["critical"]);
        Assert.Equal(["db", "shop", "queue", "legacy"], plan.Components.Keys);
        var db = Assert.IsType<PostgreSqlPlan>(plan.Components["db"]);
        Assert.Equal(("critical", true, false, true, 2, true), (db.Class, db.Production, db.Globals, db.SerializableDeferrable, db.Jobs, db.Canary));
        Assert.Equal(new SecretReference(SecretKind.Environment, "DB_PASSWORD"), db.Password);
        Assert.Equal(TimeSpan.FromSeconds(30), db.ConnectTimeout);
        Assert.Equal(RestoreTestWhere.Cluster, db.RestoreTest.Where);
        Assert.Equal("postgres:16", db.RestoreTest.Image);
        Assert.Equal(["npm", "test", "5"], db.RestoreTest.Command);
        Assert.Equal(TimeSpan.FromMinutes(90), db.RestoreTest.CommandTimeout);
        Assert.Equal(
            [
                new SqlAssertion { Name = "users", Sql = "select count(*) from users", AtLeast = 1, AtMost = 1_000_000 },
                new SqlAssertion { Name = "select true", Sql = "select true", Within = TimeSpan.FromSeconds(2) },
                new SqlAssertion { Name = "select version from schema_version", Sql = "select version\nfrom schema_version\n", Equal = "42" },
            ],
            db.RestoreTest.Assertions);
        var shop = Assert.IsType<PostgreSqlPlan>(plan.Components["shop"]);
        Assert.Equal(("db", "shop-prod", "shop", "shop 2"), (shop.ComposeService, shop.ComposeProject, shop.User, shop.Database));
        Assert.Equal("queue-db-1", ((PostgreSqlPlan)plan.Components["queue"]).Container);
        Assert.Equal("legacy", ((PostgreSqlPlan)plan.Components["legacy"]).Service);
        Assert.Equal((10L << 20, 500_000L, TimeSpan.FromMinutes(2)), (plan.Repositories["local"].UploadLimit, plan.Repositories["local"].DownloadLimit, plan.Repositories["local"].StallTimeout));
        Assert.Equal(
            new S3RepositoryPlan
            {
                Name = "paris", Bucket = "b-prod", Prefix = "drp", Endpoint = "https://s3.example", Region = "eu-west-3", PathStyle = false,
                AccessKey = new(SecretKind.Environment, "A"), SecretKey = new(SecretKind.File, "/run/secrets/s3"), SessionToken = new(SecretKind.Vault, "secret/drp#token"),
                StorageClass = "STANDARD_IA", ServerSideEncryption = "aws:kms", KmsKeyId = "alias/drp", ObjectLockMode = "GOVERNANCE", ObjectLockFor = TimeSpan.FromDays(30),
                Checksums = S3ChecksumMode.Md5, Parallel = 8, CaFile = Path.Combine(SamplePlans.Folder, "ca.pem"),
            },
            plan.Repositories["paris"]);
        Assert.Equal(
            new RcloneRepositoryPlan { Name = "cloud", Remote = "gcs:bucket/folder", ConfigFile = Path.Combine(SamplePlans.Folder, "rclone.conf"), ConfigPassword = new(SecretKind.SecretManagement, "Rclone") },
            plan.Repositories["cloud"]);
        Assert.Equal(
            new SftpRepositoryPlan
            {
                Name = "vault", Host = "backup.example", Port = 2222, User = "drp", Path = "/srv/drp",
                IdentityFile = Path.Combine(SamplePlans.Folder, "keys", "id"), KnownHostsFile = Path.Combine(SamplePlans.Folder, "keys", "known_hosts"),
            },
            plan.Repositories["vault"]);
        var encryption = plan.Encryption!;
        Assert.Equal(["0123456789ABCDEF0123456789ABCDEF01234567", "89ABCDEF0123456789ABCDEF0123456789ABCDEF"], encryption.Recipients);
        Assert.Equal(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "drp", "private.asc"), encryption.PrivateKey);
        Assert.Equal(new CompressionPlan { Level = 9, Threads = 2 }, plan.Compression);
        var nightly = plan.Jobs["nightly"];
        Assert.Equal(("0 3 * * *", "Europe/Paris"), (nightly.Schedule, nightly.TimeZone));
        Assert.Equal(["db", "shop"], nightly.Components);
        Assert.Equal(
            new RetentionPolicy { Last = 3, Hourly = 24, Daily = 30, Weekly = 12, Monthly = 120, Yearly = 10, Within = TimeSpan.FromDays(7) }, nightly.Keep);
        Assert.Equal(new CompressionPlan { Kind = CompressionKind.Gzip, Level = 6 }, nightly.Compression);
        Assert.Equal(new JobPlan { Name = "hourly", Schedule = "@hourly", Components = plan.Jobs["hourly"].Components, Repositories = plan.Jobs["hourly"].Repositories }, plan.Jobs["hourly"]);
    }
}
