using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>Primary and standby.</content>
internal static partial class PlanKeys
{
    private static readonly TextType s_host = new(() => PlanTexts.ExpectedHost, @"^[A-Za-z0-9:[][A-Za-z0-9.:_%\]-]{0,254}\z");
    private static readonly TextType s_user = new(() => PlanTexts.ExpectedUser, @"^[A-Za-z0-9_][A-Za-z0-9_.@\\$-]{0,63}\z");

    private static SectionType<PairPlan> Pair => s_pair ??= new("pair", _ => new PairPlan(),
    [
        new PlanKey<PairPlan, IReadOnlyDictionary<string, PairNodePlan>>("nodes", new NamedType<PairNodePlan>(NameKinds.Node, PairNode, needed: true), p => p.Nodes, (p, v) => p with { Nodes = v }),
        new PlanKey<PairPlan, PatroniPlan>("patroni", Patroni, p => p.Patroni, (p, v) => p with { Patroni = v }),
        new PlanKey<PairPlan, string>("replicationUser", s_text, p => p.ReplicationUser, (p, v) => p with { ReplicationUser = v }) { Absent = () => PlanTexts.AbsentReplicationUser },
        new PlanKey<PairPlan, SecretReference>("replicationPassword", s_secret, p => p.ReplicationPassword, (p, v) => p with { ReplicationPassword = v }),
        new PlanKey<PairPlan, long>("maximumLag", s_size, p => p.MaximumLag, (p, v) => p with { MaximumLag = v }),
        new PlanKey<PairPlan, TimeSpan>("patience", s_duration, p => p.Patience, (p, v) => p with { Patience = v }),
        new PlanKey<PairPlan, IReadOnlyList<string>>("fence", new ListType<string>(new AnyScalarType(() => PlanTexts.ExpectedArgument)), p => p.Fence, (p, v) => p with { Fence = v }) { Absent = () => PlanTexts.AbsentFence },
    ])
    {
        Check = CheckPair,
    };

    private static SectionType<PairNodePlan> PairNode => s_pairNode ??= new("pairnode", c => new PairNodePlan { Name = c?.ItemName ?? "", Url = "", DataDirectory = "" },
    [
        new PlanKey<PairNodePlan, string>("url", new ConnectionUrlType(), n => n.Url, (n, v) => n with { Url = v }) { Required = true },
        new PlanKey<PairNodePlan, SecretReference>("password", s_secret, n => n.Password, (n, v) => n with { Password = v }),
        new PlanKey<PairNodePlan, string>("dataDirectory", new TextType(() => PlanTexts.ExpectedFolder, @"^/.*[^/]\z"), n => n.DataDirectory, (n, v) => n with { DataDirectory = v }) { Required = true },
        new PlanKey<PairNodePlan, string>("unit", new TextType(() => PlanTexts.ExpectedUnit, @"^[A-Za-z0-9][A-Za-z0-9:_.@\\-]{0,254}\z"), n => n.Unit, (n, v) => n with { Unit = v }) { Absent = () => PlanTexts.AbsentUnit },
        new PlanKey<PairNodePlan, SshPlace>("ssh", Ssh, n => n.Ssh, (n, v) => n with { Ssh = v }) { Absent = () => PlanTexts.AbsentSsh },
    ]);

    private static SectionType<SshPlace> Ssh => s_ssh ??= new("ssh", _ => new SshPlace { Host = "" },
    [
        new PlanKey<SshPlace, string>("host", s_host, s => s.Host, (s, v) => s with { Host = v }) { Required = true },
        new PlanKey<SshPlace, int>("port", new IntegerType(1, 65535), s => s.Port, (s, v) => s with { Port = v }),
        new PlanKey<SshPlace, string>("user", s_user, s => s.User, (s, v) => s with { User = v }),
        new PlanKey<SshPlace, string>("identityFile", s_path, s => s.IdentityFile, (s, v) => s with { IdentityFile = v }),
        new PlanKey<SshPlace, string>("knownHostsFile", s_path, s => s.KnownHostsFile, (s, v) => s with { KnownHostsFile = v }),
    ]);

    private static SectionType<PatroniPlan> Patroni => s_patroni ??= new("patroni", _ => new PatroniPlan(),
    [
        new PlanKey<PatroniPlan, IReadOnlyList<string>>("urls", new ListType<string>(new EndpointType(), unique: true), p => p.Urls, (p, v) => p with { Urls = v }) { Required = true },
        new PlanKey<PatroniPlan, string>("user", s_text, p => p.User, (p, v) => p with { User = v }),
        new PlanKey<PatroniPlan, SecretReference>("password", s_secret, p => p.Password, (p, v) => p with { Password = v }),
        new PlanKey<PatroniPlan, string>("caFile", s_path, p => p.CaFile, (p, v) => p with { CaFile = v }),
    ]);

    private static SectionType<PairPlan>? s_pair;
    private static SectionType<PairNodePlan>? s_pairNode;
    private static SectionType<SshPlace>? s_ssh;
    private static SectionType<PatroniPlan>? s_patroni;

    private static void CheckPair(PairPlan pair, YamlMap map, ReadContext context)
    {
        if (pair.Patroni is null == (pair.Nodes.Count == 0)) context.Error(map, PlanTexts.PairOrPatroni);
        else if (pair.Patroni is null && pair.Nodes.Count != 2) context.Error(map.Find("nodes")!, PlanTexts.PairOfTwo);
    }
}
