using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>
/// The table of the plan: every key once, with its type, its place in the records and the rules between keys. Reader,
/// explanation, JSON Schema, documentation and suggestions are made from it.
/// </summary>
internal static partial class PlanKeys
{
    /// <summary>Version of the plan format.</summary>
    public const int Version = 1;

    /// <summary>Stands for <c>encryption: none</c> while a plan is read.</summary>
    private static readonly EncryptionPlan s_noEncryption = new();

    private static readonly NameType s_name = new();
    private static readonly PathType s_path = new();
    private static readonly SecretType s_secret = new();
    private static readonly BooleanType s_boolean = new();
    private static readonly DurationType s_duration = new();
    private static readonly TextType s_text = new(() => PlanTexts.ExpectedText);

    /// <summary>Sections of the design that this version does not act on; accepting them would be a promise nobody keeps.</summary>
    private static readonly string[] s_later = ["contacts", "sites", "notifications", "escalation", "runbooks", "drills", "review"];

    /// <summary>The whole file.</summary>
    public static SectionType<DrpPlan> Plan => s_plan ??= new("plan", c => new DrpPlan
    {
        Path = c?.Path ?? "",
        Name = "",
        Components = new OrderedNames<ComponentPlan>(),
        Repositories = new OrderedNames<RepositoryPlan>(),
        Encryption = null,
    },
    [
        new PlanKey<DrpPlan, int>("version", new VersionType(), _ => Version, (p, _) => p) { Required = true },
        new PlanKey<DrpPlan, string>("name", s_name, p => p.Name, (p, v) => p with { Name = v }) { Required = true },
        new PlanKey<DrpPlan, ApplicationPlan>("application", Application, p => p.Application, (p, v) => p with { Application = v }),
        new PlanKey<DrpPlan, IReadOnlyDictionary<string, ObjectivePlan>>(
            "objectives", new NamedType<ObjectivePlan>(NameKinds.Class, Objective, needed: false), p => p.Objectives, (p, v) => p with { Objectives = v }),
        new PlanKey<DrpPlan, IReadOnlyDictionary<string, ComponentPlan>>(
            "components", new NamedType<ComponentPlan>(NameKinds.Component, Component, needed: true), p => p.Components, (p, v) => p with { Components = v }) { Required = true },
        new PlanKey<DrpPlan, IReadOnlyDictionary<string, RepositoryPlan>>(
            "repositories", new NamedType<RepositoryPlan>(NameKinds.Repository, Repository, needed: true), p => p.Repositories, (p, v) => p with { Repositories = v }) { Required = true },
        new PlanKey<DrpPlan, EncryptionPlan>(
            "encryption", new WordOrSectionType<EncryptionPlan>(Encryption, ("none", s_noEncryption)),
            p => p.Encryption ?? s_noEncryption, (p, v) => p with { Encryption = ReferenceEquals(v, s_noEncryption) ? null : v }) { Required = true },
        new PlanKey<DrpPlan, CompressionPlan>("compression", Compression, p => p.Compression, (p, v) => p with { Compression = v }),
        new PlanKey<DrpPlan, IReadOnlyDictionary<string, JobPlan>>(
            "jobs", new NamedType<JobPlan>(NameKinds.Job, Job, needed: false), p => p.Jobs, (p, v) => p with { Jobs = v }),
        new PlanKey<DrpPlan, MaintenancePlan>("maintenance", Maintenance, p => p.Maintenance, (p, v) => p with { Maintenance = v }),
        new PlanKey<DrpPlan, HealthPlan>("health", Health, p => p.Health, (p, v) => p with { Health = v }),
    ])
    {
        Check = CheckPlan,
        Refuse = key => s_later.Contains(key, StringComparer.Ordinal) ? Host.Text.Of(PlanTexts.SectionLater, key) : null,
    };

    /// <summary>Every section with the place where it stands, for the documentation.</summary>
    public static IEnumerable<(string Place, ISection Section)> Sections() =>
    [
        ("", Plan), ("application", Application), ("objectives.*", Objective),
        ("components.*", PostgreSql), ("components.*.compose", Compose), ("components.*.restoreTest", RestoreTest), ("components.*.restoreTest.assertions[]", Assertion),
        ("components.*.before[]", Hook), ("components.*.during", During), ("components.*.labels", Labels), ("components.*.baseBackup", BaseBackup), ("components.*.pointInTime", PointInTime),
        ("components.*.pair", Pair), ("components.*.pair.nodes.*", PairNode), ("components.*.pair.nodes.*.ssh", Ssh), ("components.*.pair.patroni", Patroni),
        ("components.*", Files), ("components.*", Redis), ("components.*", Volume), ("components.*", Config), ("components.*", Certificates), ("components.*", ComposeProject),
        ("repositories.*", DirectoryRepository), ("repositories.*", S3Repository), ("repositories.*.objectLock", ObjectLock),
        ("repositories.*", RcloneRepository), ("repositories.*", SftpRepository),
        ("encryption", Encryption), ("compression", CompressionSection), ("jobs.*", Job), ("jobs.*.keep", Keep), ("maintenance", Maintenance),
        ("health", Health), ("health.http.*", HttpProbe), ("health.logs.*", LogProbe), ("health.limits", Limits),
    ];

    private static SectionType<ApplicationPlan> Application => s_application ??= new("application", _ => new ApplicationPlan(),
    [
        new PlanKey<ApplicationPlan, string>("version", new AnyScalarType(() => PlanTexts.ExpectedTextOrReference), a => a.Version, (a, v) => a with { Version = v }),
        new PlanKey<ApplicationPlan, string>("commit", new AnyScalarType(() => PlanTexts.ExpectedTextOrReference), a => a.Commit, (a, v) => a with { Commit = v }),
    ]);

    private static SectionType<ObjectivePlan> Objective => s_objective ??= new("objective", _ => new ObjectivePlan(),
    [
        new PlanKey<ObjectivePlan, TimeSpan>("rto", s_duration, o => o.Rto, (o, v) => o with { Rto = v }),
        new PlanKey<ObjectivePlan, TimeSpan>("rpo", s_duration, o => o.Rpo, (o, v) => o with { Rpo = v }),
    ]);

    private static SectionType<DrpPlan>? s_plan;
    private static SectionType<ApplicationPlan>? s_application;
    private static SectionType<ObjectivePlan>? s_objective;

    private static void CheckPlan(DrpPlan plan, YamlMap map, ReadContext context)
    {
        // Write-once objects with the same keys in the same place: the second writer could only fail.
        Dictionary<string, string> places = new(StringComparer.Ordinal);
        foreach (var entry in ((YamlMap)map.Find("repositories")!).Entries)
        {
            string place = PlaceOf(plan.Repositories[entry.Key.Text]);
            if (!places.TryAdd(place, entry.Key.Text)) context.Error(entry.Key, Host.Text.Of(PlanTexts.SamePlace, entry.Key.Text, places[place]));
        }

        RequireEncryption(plan, map, context);
    }

    /// <summary>Where a repository's objects land, as comparable text.</summary>
    internal static string PlaceOf(RepositoryPlan repository) => repository switch
    {
        DirectoryRepositoryPlan directory => $"directory {System.IO.Path.TrimEndingDirectorySeparator(directory.Path)}",
        S3RepositoryPlan s3 => $"s3 {s3.Endpoint?.TrimEnd('/')} {s3.Bucket} {s3.Prefix}",
        RcloneRepositoryPlan rclone => $"rclone {rclone.Remote.TrimEnd('/')} {rclone.ConfigFile}",
        SftpRepositoryPlan sftp => $"sftp {sftp.Host} {sftp.Port} {sftp.Path.TrimEnd('/')}",
        _ => repository.Name,
    };
}
