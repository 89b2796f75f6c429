using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>Encryption, compression, jobs and what is kept.</content>
internal static partial class PlanKeys
{
    private static readonly FingerprintType s_fingerprint = new();

    private static SectionType<EncryptionPlan> Encryption => s_encryption ??= new("encryption", _ => new EncryptionPlan(),
    [
        new PlanKey<EncryptionPlan, IReadOnlyList<string>>("recipients", new ListType<string>(s_fingerprint, unique: true), e => e.Recipients, (e, v) => e with { Recipients = v }),
        new PlanKey<EncryptionPlan, IReadOnlyList<string>>("publicKeys", new ListType<string>(s_path, unique: true), e => e.PublicKeys, (e, v) => e with { PublicKeys = v }),
        new PlanKey<EncryptionPlan, SecretReference>("passphrase", s_secret, e => e.Passphrase, (e, v) => e with { Passphrase = v }),
        new PlanKey<EncryptionPlan, string>("privateKey", s_path, e => e.PrivateKey, (e, v) => e with { PrivateKey = v }) { Absent = () => PlanTexts.AbsentGnupgHome },
        new PlanKey<EncryptionPlan, SecretReference>("privateKeyPassphrase", s_secret, e => e.PrivateKeyPassphrase, (e, v) => e with { PrivateKeyPassphrase = v }),
        new PlanKey<EncryptionPlan, string>("signingKey", s_fingerprint, e => e.SigningKey, (e, v) => e with { SigningKey = v }) { Absent = () => PlanTexts.AbsentSigning },
        new PlanKey<EncryptionPlan, string>("signingKeyFile", s_path, e => e.SigningKeyFile, (e, v) => e with { SigningKeyFile = v }) { Absent = () => PlanTexts.AbsentGnupgHome },
        new PlanKey<EncryptionPlan, SecretReference>("signingPassphrase", s_secret, e => e.SigningPassphrase, (e, v) => e with { SigningPassphrase = v }),
    ])
    {
        Check = CheckEncryption,
    };

    private static WordOrSectionType<CompressionPlan> Compression => s_compression ??= new(
        CompressionSection,
        ("zstd", new CompressionPlan { Kind = CompressionKind.Zstd, Level = DefaultLevel(CompressionKind.Zstd) }),
        ("gzip", new CompressionPlan { Kind = CompressionKind.Gzip, Level = DefaultLevel(CompressionKind.Gzip) }),
        ("none", new CompressionPlan { Kind = CompressionKind.None, Level = DefaultLevel(CompressionKind.None) }));

    private static SectionType<CompressionPlan> CompressionSection => s_compressionSection ??= new("compression", _ => new CompressionPlan(),
    [
        new PlanKey<CompressionPlan, CompressionKind>(
            "algorithm", new EnumType<CompressionKind>(("zstd", CompressionKind.Zstd), ("gzip", CompressionKind.Gzip), ("none", CompressionKind.None)),
            c => c.Kind, (c, v) => c with { Kind = v, Level = DefaultLevel(v) }),
        new PlanKey<CompressionPlan, int>("level", new IntegerType(1, 19), c => c.Kind == CompressionKind.None ? null : c.Level, (c, v) => c with { Level = v }),
        new PlanKey<CompressionPlan, int>("threads", new IntegerType(0, 64), c => c.Kind == CompressionKind.Zstd ? c.Threads : null, (c, v) => c with { Threads = v }),
    ])
    {
        Check = CheckCompression,
    };

    private static SectionType<JobPlan> Job => s_job ??= new("job", c => new JobPlan { Name = c?.ItemName ?? "" },
    [
        new PlanKey<JobPlan, string>("kind", new EnumType<string>(("full", "full"), ("base", "base")), j => j.Kind, (j, v) => j with { Kind = v }),
        new PlanKey<JobPlan, string>("schedule", new ScheduleType(), j => j.Schedule, (j, v) => j with { Schedule = v }) { Absent = () => PlanTexts.AbsentSchedule },
        new PlanKey<JobPlan, string>("timeZone", new TimeZoneType(), j => j.TimeZone, (j, v) => j with { TimeZone = v }),
        new PlanKey<JobPlan, TimeSpan>("jitter", s_duration, j => j.Jitter, (j, v) => j with { Jitter = v }) { Absent = () => PlanTexts.AbsentJitter },
        new PlanKey<JobPlan, IReadOnlyList<JobAction>>("do", new ListType<JobAction>(s_action, unique: true), j => j.Do, (j, v) => j with { Do = v }),
        new PlanKey<JobPlan, IReadOnlyList<string>>(
            "components", new ListType<string>(new ReferenceType(NameKinds.Component), unique: true), j => j.Components, (j, v) => j with { Components = v }) { Absent = () => PlanTexts.AbsentAll },
        new PlanKey<JobPlan, IReadOnlyList<string>>(
            "repositories", new ListType<string>(new ReferenceType(NameKinds.Repository), unique: true), j => j.Repositories, (j, v) => j with { Repositories = v }) { Absent = () => PlanTexts.AbsentAll },
        new PlanKey<JobPlan, RetentionPolicy>("keep", Keep, j => j.Keep, (j, v) => j with { Keep = v }) { Absent = () => PlanTexts.AbsentKeep },
        new PlanKey<JobPlan, CompressionPlan>("compression", Compression, j => j.Compression, (j, v) => j with { Compression = v }) { Absent = () => PlanTexts.AbsentCompression },
    ]);

    private static SectionType<RetentionPolicy> Keep => s_keep ??= new("keep", _ => new RetentionPolicy(),
    [
        new PlanKey<RetentionPolicy, int>("last", s_count, k => Some(k.Last), (k, v) => k with { Last = v }),
        new PlanKey<RetentionPolicy, int>("hourly", s_count, k => Some(k.Hourly), (k, v) => k with { Hourly = v }),
        new PlanKey<RetentionPolicy, int>("daily", s_count, k => Some(k.Daily), (k, v) => k with { Daily = v }),
        new PlanKey<RetentionPolicy, int>("weekly", s_count, k => Some(k.Weekly), (k, v) => k with { Weekly = v }),
        new PlanKey<RetentionPolicy, int>("monthly", s_count, k => Some(k.Monthly), (k, v) => k with { Monthly = v }),
        new PlanKey<RetentionPolicy, int>("yearly", s_count, k => Some(k.Yearly), (k, v) => k with { Yearly = v }),
        new PlanKey<RetentionPolicy, TimeSpan>("within", s_duration, k => k.Within, (k, v) => k with { Within = v }),
    ])
    {
        Check = (keep, map, context) =>
        {
            if (keep.IsEmpty) context.Error(map, PlanTexts.KeepEmpty);
        },
    };

    private static readonly EnumType<JobAction> s_action = new(
        ("backup", JobAction.Backup), ("sync", JobAction.Sync), ("verify", JobAction.Verify), ("test-restore", JobAction.TestRestore), ("prune", JobAction.Prune));

    private static readonly IntegerType s_count = new(0, 100_000);
    private static SectionType<EncryptionPlan>? s_encryption;
    private static WordOrSectionType<CompressionPlan>? s_compression;
    private static SectionType<CompressionPlan>? s_compressionSection;
    private static SectionType<JobPlan>? s_job;
    private static SectionType<RetentionPolicy>? s_keep;

    private static int? Some(int count) => count == 0 ? null : count;

    private static int DefaultLevel(CompressionKind kind) => kind switch
    {
        CompressionKind.Gzip => 6,
        _ => new CompressionPlan().Level,
    };

    private static void CheckEncryption(EncryptionPlan plan, YamlMap map, ReadContext context)
    {
        bool keys = plan.Recipients.Count > 0;
        if (keys == plan.Passphrase is not null) context.Error(map, PlanTexts.EncryptionMode);
        if (keys && plan.PublicKeys.Count == 0) context.Error(map, Host.Text.Of(PlanTexts.Needs, "recipients", "publicKeys"));
        foreach (string key in new[] { "publicKeys", "privateKey", "privateKeyPassphrase" })
        {
            if (!keys && map.Find(key) is { } at) context.Error(at, Host.Text.Of(PlanTexts.Needs, key, "recipients"));
        }

        foreach (string key in new[] { "signingKeyFile", "signingPassphrase" })
        {
            if (plan.SigningKey is null && map.Find(key) is { } at) context.Error(at, Host.Text.Of(PlanTexts.Needs, key, "signingKey"));
        }
    }

    private static void CheckCompression(CompressionPlan plan, YamlMap map, ReadContext context)
    {
        if (plan.Kind == CompressionKind.None && map.Find("level") is { } level) context.Error(level, Host.Text.Of(PlanTexts.Excludes, "level", "algorithm: none"));
        if (plan.Kind != CompressionKind.Zstd && map.Find("threads") is { } threads) context.Error(threads, Host.Text.Of(PlanTexts.Needs, "threads", "algorithm: zstd"));
        if (plan.Kind == CompressionKind.Gzip && plan.Level > 9) context.Error(map.Find("level")!, Host.Text.Of(PlanTexts.ExpectedValue, new IntegerType(1, 9).Expected));
    }
}
