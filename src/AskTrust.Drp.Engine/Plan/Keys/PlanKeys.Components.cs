using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>What is protected.</content>
internal static partial class PlanKeys
{
    private const string DockerName = @"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}\z";

    private static readonly TextType s_dockerName = new(() => PlanTexts.ExpectedDockerName, DockerName);

    private static readonly TextType s_image = new(() => PlanTexts.ExpectedImage, @"^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}\z");

    private static VariantType<ComponentPlan> Component => s_component ??= new(c => c.Type, ("postgresql", PostgreSql), ("files", Files), ("redis", Redis), ("volume", Volume), ("config", Config), ("certificates", Certificates), ("compose", ComposeProject));

    private static SectionType<PostgreSqlPlan> PostgreSql => s_postgreSql ??= new("postgresql", c => new PostgreSqlPlan { Name = c?.ItemName ?? "" },
    [
        .. Common<PostgreSqlPlan>(),
        new PlanKey<PostgreSqlPlan, string>("url", new ConnectionUrlType(), p => p.Url, (p, v) => p with { Url = v }),
        new PlanKey<PostgreSqlPlan, string>("service", new TextType(() => PlanTexts.ExpectedText, @"^[^\[\]\s-][^\[\]\s]*\z"), p => p.Service, (p, v) => p with { Service = v }),
        new PlanKey<PostgreSqlPlan, string>("container", s_dockerName, p => p.Container, (p, v) => p with { Container = v }),
        new PlanKey<PostgreSqlPlan, ComposePlace>("compose", Compose, ComposePlace.Of, (p, v) => p with { ComposeService = v.Service, ComposeProject = v.Project }),
        new PlanKey<PostgreSqlPlan, string>("user", s_text, p => p.User, (p, v) => p with { User = v }),
        new PlanKey<PostgreSqlPlan, string>("database", s_text, p => p.Database, (p, v) => p with { Database = v }),
        new PlanKey<PostgreSqlPlan, SecretReference>("password", s_secret, p => p.Password, (p, v) => p with { Password = v }),
        new PlanKey<PostgreSqlPlan, bool>("globals", s_boolean, p => p.Globals, (p, v) => p with { Globals = v }),
        new PlanKey<PostgreSqlPlan, bool>("serializableDeferrable", s_boolean, p => p.SerializableDeferrable, (p, v) => p with { SerializableDeferrable = v }),
        new PlanKey<PostgreSqlPlan, int>("jobs", new IntegerType(1, 64), p => p.Jobs, (p, v) => p with { Jobs = v }),
        new PlanKey<PostgreSqlPlan, bool>("canary", s_boolean, p => p.Canary, (p, v) => p with { Canary = v }),
        new PlanKey<PostgreSqlPlan, BaseBackupPlan>("baseBackup", BaseBackup, p => p.BaseBackup, (p, v) => p with { BaseBackup = v }),
        new PlanKey<PostgreSqlPlan, TimeSpan>("connectTimeout", s_duration, p => p.ConnectTimeout, (p, v) => p with { ConnectTimeout = v }),
        new PlanKey<PostgreSqlPlan, RestoreTestPlan>("restoreTest", RestoreTest, p => p.RestoreTest, (p, v) => p with { RestoreTest = v }),
        new PlanKey<PostgreSqlPlan, PointInTimePlan>("pointInTime", PointInTime, p => p.PointInTime, (p, v) => p with { PointInTime = v }) { Absent = () => PlanTexts.AbsentPointInTime },
        new PlanKey<PostgreSqlPlan, PairPlan>("pair", Pair, p => p.Pair, (p, v) => p with { Pair = v }) { Absent = () => PlanTexts.AbsentPair },
    ])
    {
        Discriminator = "type",
        Check = CheckPostgreSql,
    };

    private static SectionType<ComposePlace> Compose => s_compose ??= new("compose", _ => new ComposePlace("", null),
    [
        new PlanKey<ComposePlace, string>("service", s_dockerName, p => p.Service, (p, v) => p with { Service = v }) { Required = true },
        new PlanKey<ComposePlace, string>("project", s_dockerName, p => p.Project, (p, v) => p with { Project = v }),
    ]);

    private static SectionType<BaseBackupPlan> BaseBackup => s_baseBackup ??= new("basebackup", _ => new BaseBackupPlan(),
    [
        new PlanKey<BaseBackupPlan, long>("maxRate", new RateType(), b => b.MaxRate, (b, v) => b with { MaxRate = v }) { Absent = () => PlanTexts.AbsentLimit },
        new PlanKey<BaseBackupPlan, bool>("spreadCheckpoint", s_boolean, b => b.SpreadCheckpoint, (b, v) => b with { SpreadCheckpoint = v }),
        new PlanKey<BaseBackupPlan, bool>("serverCompression", s_boolean, b => b.ServerCompression, (b, v) => b with { ServerCompression = v }) { Absent = () => PlanTexts.AbsentServerCompression },
        new PlanKey<BaseBackupPlan, TimeSpan>("full", s_duration, b => b.Full, (b, v) => b with { Full = v }),
    ])
    {
        Check = (plan, map, context) =>
        {
            // What pg_basebackup itself allows.
            if (plan.MaxRate is < 32L << 10 or > 1L << 30) context.Error(map.Find("maxRate")!, Host.Text.Of(PlanTexts.ExpectedValue, "32KiB – 1GiB"));
        },
    };

    private static SectionType<RestoreTestPlan> RestoreTest => s_restoreTest ??= new("restoretest", _ => new RestoreTestPlan(),
    [
        new PlanKey<RestoreTestPlan, RestoreTestWhere>(
            "where", new EnumType<RestoreTestWhere>(("auto", RestoreTestWhere.Auto), ("cluster", RestoreTestWhere.Cluster), ("container", RestoreTestWhere.Container)),
            t => t.Where, (t, v) => t with { Where = v }),
        new PlanKey<RestoreTestPlan, string>("image", s_image, t => t.Image, (t, v) => t with { Image = v }),
        new PlanKey<RestoreTestPlan, IReadOnlyList<SqlAssertion>>("assertions", new ListType<SqlAssertion>(Assertion), t => t.Assertions, (t, v) => t with { Assertions = v }),
        new PlanKey<RestoreTestPlan, IReadOnlyList<string>>(
            "command", new ListType<string>(new AnyScalarType(() => PlanTexts.ExpectedArgument)), t => t.Command, (t, v) => t with { Command = v }),
        new PlanKey<RestoreTestPlan, TimeSpan>("commandTimeout", s_duration, t => t.CommandTimeout, (t, v) => t with { CommandTimeout = v }),
    ]);

    private static SectionType<SqlAssertion> Assertion => s_assertion ??= new("assertion", _ => new SqlAssertion { Name = "", Sql = "" },
    [
        // The SQL first: it names the assertion when nothing else does.
        new PlanKey<SqlAssertion, string>(
            "sql", new TextType(() => PlanTexts.ExpectedSql, lines: true), a => a.Sql, (a, v) => a with { Sql = v, Name = Shorten(v) }) { Required = true },
        new PlanKey<SqlAssertion, string>("name", s_text, a => a.Name.Length == 0 ? null : a.Name, (a, v) => a with { Name = v }) { Absent = () => PlanTexts.AbsentAssertionName },
        new PlanKey<SqlAssertion, string>("equal", new AnyScalarType(() => PlanTexts.ExpectedAnyValue), a => a.Equal, (a, v) => a with { Equal = v }),
        new PlanKey<SqlAssertion, decimal>("atLeast", new DecimalType(), a => a.AtLeast, (a, v) => a with { AtLeast = v }),
        new PlanKey<SqlAssertion, decimal>("atMost", new DecimalType(), a => a.AtMost, (a, v) => a with { AtMost = v }),
        new PlanKey<SqlAssertion, TimeSpan>("within", s_duration, a => a.Within, (a, v) => a with { Within = v }),
    ])
    {
        Check = CheckAssertion,
    };

    private static VariantType<ComponentPlan>? s_component;
    private static SectionType<PostgreSqlPlan>? s_postgreSql;
    private static SectionType<ComposePlace>? s_compose;
    private static SectionType<BaseBackupPlan>? s_baseBackup;
    private static SectionType<RestoreTestPlan>? s_restoreTest;
    private static SectionType<SqlAssertion>? s_assertion;

    /// <summary>Keys that every component has.</summary>
    private static IEnumerable<PlanKey<T>> Common<T>()
        where T : ComponentPlan =>
    [
        new PlanKey<T, string>("class", new ReferenceType(NameKinds.Class), p => p.Class, (p, v) => p with { Class = v }),
        new PlanKey<T, bool>("production", s_boolean, p => p.Production, (p, v) => p with { Production = v }),
        new PlanKey<T, IReadOnlyList<HookPlan>>("before", new ListType<HookPlan>(Hook), p => p.Before, (p, v) => p with { Before = v }),
        new PlanKey<T, IReadOnlyList<HookPlan>>("after", new ListType<HookPlan>(Hook), p => p.After, (p, v) => p with { After = v }),
        new PlanKey<T, DuringPlan>("during", During, p => p.During, (p, v) => p with { During = v }),
        new PlanKey<T, LabelsPlan>("labels", Labels, p => p.Labels, (p, v) => p with { Labels = v }),
    ];

    private static void CheckPostgreSql(PostgreSqlPlan plan, YamlMap map, ReadContext context)
    {
        if (plan is { Url: null, Service: null, Container: null, ComposeService: null })
        {
            context.Error(map, PlanTexts.NoConnection);
        }
        else if (plan.Service is not null && (plan.Url ?? plan.Container ?? plan.ComposeService) is not null)
        {
            context.Error(map.Find("service")!, Host.Text.Of(PlanTexts.Excludes, "service", "url, container, compose"));
        }
        else if (plan is { Container: not null, ComposeService: not null })
        {
            context.Error(map.Find("compose")!, Host.Text.Of(PlanTexts.Excludes, "compose", "container"));
        }
    }

    private static void CheckAssertion(SqlAssertion assertion, YamlMap map, ReadContext context)
    {
        if (assertion.Equal is not null && (assertion.AtLeast ?? assertion.AtMost) is not null)
        {
            context.Error(map.Find("equal")!, Host.Text.Of(PlanTexts.Excludes, "equal", "atLeast, atMost"));
        }
        else if (assertion.AtLeast > assertion.AtMost)
        {
            context.Error(map.Find("atLeast")!, PlanTexts.AssertionRange);
        }
    }

    private static string Shorten(string sql)
    {
        string line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 60 ? line : line[..59] + "…";
    }

    /// <summary>The section <c>compose</c>, two properties of the record.</summary>
    internal sealed record ComposePlace(string Service, string? Project)
    {
        public static object? Of(IContainerPlace plan) => plan.ComposeService is { } service ? new ComposePlace(service, plan.ComposeProject) : null;
    }
}
