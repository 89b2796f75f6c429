using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>Where backup sets live.</content>
internal static partial class PlanKeys
{
    private static VariantType<RepositoryPlan> Repository => s_repository ??= new(
        r => r.Type, ("directory", DirectoryRepository), ("s3", S3Repository), ("rclone", RcloneRepository), ("sftp", SftpRepository));

    private static SectionType<DirectoryRepositoryPlan> DirectoryRepository => s_directory ??= new(
        "directory", c => new DirectoryRepositoryPlan { Name = c?.ItemName ?? "", Path = "" },
    [
        new PlanKey<DirectoryRepositoryPlan, string>("path", s_path, r => r.Path, (r, v) => r with { Path = v }) { Required = true },
        .. Shared<DirectoryRepositoryPlan>(),
    ])
    { Discriminator = "type" };

    private static SectionType<S3RepositoryPlan> S3Repository => s_s3 ??= new("s3", c => new S3RepositoryPlan { Name = c?.ItemName ?? "", Bucket = "" },
    [
        new PlanKey<S3RepositoryPlan, string>(
            "bucket", new TextType(() => PlanTexts.ExpectedBucket, @"^[A-Za-z0-9][A-Za-z0-9._:-]{1,254}\z"), r => r.Bucket, (r, v) => r with { Bucket = v }) { Required = true },
        new PlanKey<S3RepositoryPlan, string>(
            "prefix", new TextType(() => PlanTexts.ExpectedPrefix, @"^/?(?:(?!\.{1,2}(?:/|\z))[A-Za-z0-9!_.*'()-]+(?:/(?!\.{1,2}(?:/|\z))[A-Za-z0-9!_.*'()-]+)*)?/?\z"),
            r => r.Prefix.Length == 0 ? null : r.Prefix, (r, v) => r with { Prefix = v.Trim('/') }),
        new PlanKey<S3RepositoryPlan, string>("endpoint", new EndpointType(), r => r.Endpoint, (r, v) => r with { Endpoint = v }) { Absent = () => PlanTexts.AbsentEndpoint },
        new PlanKey<S3RepositoryPlan, string>("region", new TextType(() => PlanTexts.ExpectedText, @"^[A-Za-z0-9-]{1,64}\z"), r => r.Region, (r, v) => r with { Region = v }),
        new PlanKey<S3RepositoryPlan, bool>("pathStyle", s_boolean, r => r.PathStyle, (r, v) => r with { PathStyle = v }) { Absent = () => PlanTexts.AbsentPathStyle },
        new PlanKey<S3RepositoryPlan, SecretReference>("accessKey", s_secret, r => r.AccessKey, (r, v) => r with { AccessKey = v }) { Absent = () => PlanTexts.AbsentAwsChain },
        new PlanKey<S3RepositoryPlan, SecretReference>("secretKey", s_secret, r => r.SecretKey, (r, v) => r with { SecretKey = v }),
        new PlanKey<S3RepositoryPlan, SecretReference>("sessionToken", s_secret, r => r.SessionToken, (r, v) => r with { SessionToken = v }),
        new PlanKey<S3RepositoryPlan, string>("profile", s_text, r => r.Profile, (r, v) => r with { Profile = v }),
        new PlanKey<S3RepositoryPlan, string>(
            "storageClass", new TextType(() => PlanTexts.ExpectedStorageClass, @"^[A-Z][A-Z0-9_-]{0,63}\z"), r => r.StorageClass, (r, v) => r with { StorageClass = v }),
        new PlanKey<S3RepositoryPlan, string>(
            "serverSideEncryption", new EnumType<string>(("AES256", "AES256"), ("aws:kms", "aws:kms")), r => r.ServerSideEncryption, (r, v) => r with { ServerSideEncryption = v }),
        new PlanKey<S3RepositoryPlan, string>("kmsKeyId", s_text, r => r.KmsKeyId, (r, v) => r with { KmsKeyId = v }),
        new PlanKey<S3RepositoryPlan, Lock>("objectLock", ObjectLock, Lock.Of, (r, v) => r with { ObjectLockMode = v.Mode, ObjectLockFor = v.For }),
        new PlanKey<S3RepositoryPlan, S3ChecksumMode>(
            "checksums", new EnumType<S3ChecksumMode>(("auto", S3ChecksumMode.Auto), ("sdk", S3ChecksumMode.Sdk), ("md5", S3ChecksumMode.Md5)),
            r => r.Checksums, (r, v) => r with { Checksums = v }),
        new PlanKey<S3RepositoryPlan, int>("parallel", new IntegerType(1, 64), r => r.Parallel, (r, v) => r with { Parallel = v }),
        new PlanKey<S3RepositoryPlan, string>("caFile", s_path, r => r.CaFile, (r, v) => r with { CaFile = v }),
        .. Shared<S3RepositoryPlan>(),
    ])
    {
        Discriminator = "type",
        Check = CheckS3,
    };

    private static SectionType<Lock> ObjectLock => s_objectLock ??= new("objectlock", _ => new Lock("", TimeSpan.Zero),
    [
        new PlanKey<Lock, string>("mode", new EnumType<string>(("GOVERNANCE", "GOVERNANCE"), ("COMPLIANCE", "COMPLIANCE")), l => l.Mode, (l, v) => l with { Mode = v }) { Required = true },
        new PlanKey<Lock, TimeSpan>("for", s_duration, l => l.For, (l, v) => l with { For = v }) { Required = true },
    ]);

    private static SectionType<RcloneRepositoryPlan> RcloneRepository => s_rclone ??= new(
        "rclone", c => new RcloneRepositoryPlan { Name = c?.ItemName ?? "", Remote = "" },
    [
        new PlanKey<RcloneRepositoryPlan, string>("remote", new RemoteType(), r => r.Remote, (r, v) => r with { Remote = v }) { Required = true },
        new PlanKey<RcloneRepositoryPlan, string>("configFile", s_path, r => r.ConfigFile, (r, v) => r with { ConfigFile = v }),
        new PlanKey<RcloneRepositoryPlan, SecretReference>("configPassword", s_secret, r => r.ConfigPassword, (r, v) => r with { ConfigPassword = v }),
        .. Shared<RcloneRepositoryPlan>(),
    ])
    { Discriminator = "type" };

    private static SectionType<SftpRepositoryPlan> SftpRepository => s_sftp ??= new(
        "sftp", c => new SftpRepositoryPlan { Name = c?.ItemName ?? "", Host = "", Path = "" },
    [
        new PlanKey<SftpRepositoryPlan, string>("host", s_host, r => r.Host, (r, v) => r with { Host = v }) { Required = true },
        new PlanKey<SftpRepositoryPlan, int>("port", new IntegerType(1, 65535), r => r.Port, (r, v) => r with { Port = v }),
        new PlanKey<SftpRepositoryPlan, string>("user", s_user, r => r.User, (r, v) => r with { User = v }),
        new PlanKey<SftpRepositoryPlan, string>("path", new TextType(() => PlanTexts.ExpectedText, @"^[^-].*\z"), r => r.Path, (r, v) => r with { Path = v }) { Required = true },
        new PlanKey<SftpRepositoryPlan, string>("identityFile", s_path, r => r.IdentityFile, (r, v) => r with { IdentityFile = v }),
        new PlanKey<SftpRepositoryPlan, string>("knownHostsFile", s_path, r => r.KnownHostsFile, (r, v) => r with { KnownHostsFile = v }),
        .. Shared<SftpRepositoryPlan>(),
    ])
    { Discriminator = "type" };

    private static VariantType<RepositoryPlan>? s_repository;
    private static SectionType<DirectoryRepositoryPlan>? s_directory;
    private static SectionType<S3RepositoryPlan>? s_s3;
    private static SectionType<Lock>? s_objectLock;
    private static SectionType<RcloneRepositoryPlan>? s_rclone;
    private static SectionType<SftpRepositoryPlan>? s_sftp;

    /// <summary>Keys that every repository has.</summary>
    private static IEnumerable<PlanKey<T>> Shared<T>()
        where T : RepositoryPlan =>
    [
        new PlanKey<T, bool>("readOnly", s_boolean, r => r.ReadOnly, (r, v) => r with { ReadOnly = v }),
        new PlanKey<T, long>("uploadLimit", new RateType(), r => r.UploadLimit, (r, v) => r with { UploadLimit = v }) { Absent = () => PlanTexts.AbsentLimit },
        new PlanKey<T, long>("downloadLimit", new RateType(), r => r.DownloadLimit, (r, v) => r with { DownloadLimit = v }) { Absent = () => PlanTexts.AbsentLimit },
        new PlanKey<T, TimeSpan>("stallTimeout", s_duration, r => r.StallTimeout, (r, v) => r with { StallTimeout = v }),
    ];

    private static void CheckS3(S3RepositoryPlan s3, YamlMap map, ReadContext context)
    {
        if (s3.AccessKey is null != s3.SecretKey is null) context.Error(map, Host.Text.Of(PlanTexts.Together, "accessKey", "secretKey"));
        if (s3 is { SessionToken: not null, AccessKey: null }) context.Error(map.Find("sessionToken")!, Host.Text.Of(PlanTexts.Needs, "sessionToken", "accessKey"));
        if (s3 is { Profile: not null, AccessKey: not null }) context.Error(map.Find("profile")!, Host.Text.Of(PlanTexts.Excludes, "profile", "accessKey, secretKey"));
        if (s3 is { KmsKeyId: not null, ServerSideEncryption: not "aws:kms" }) context.Error(map.Find("kmsKeyId")!, Host.Text.Of(PlanTexts.Needs, "kmsKeyId", "serverSideEncryption: aws:kms"));
    }

    /// <summary>The section <c>objectLock</c>, two properties of the record.</summary>
    internal sealed record Lock(string Mode, TimeSpan For)
    {
        public static object? Of(S3RepositoryPlan plan) => plan is { ObjectLockMode: { } mode, ObjectLockFor: { } duration } ? new Lock(mode, duration) : null;
    }
}
