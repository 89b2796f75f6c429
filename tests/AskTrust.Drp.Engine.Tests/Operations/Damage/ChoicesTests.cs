using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Operations.Damage;

namespace AskTrust.Drp.Engine.Tests.Operations.Damage;

/// <summary>Which way comes first, and how long it will take by what was measured.</summary>
public sealed class ChoicesTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_standby_that_can_take_over_is_first_with_the_time_that_switches_took()
    {
        EvidenceRecord[] ledger = [Record("primary-switch", "db", 12), Record("primary-switch", "db", 20), Record("primary-switch", "db", 16), Record("primary-switch", "db", 1) with { Status = RunStatus.Incomplete }];
        var ways = List(Dead(Standby(TimeSpan.FromSeconds(30)), TimeSpan.FromMinutes(10)), ledger);
        Assert.Equal([RecoveryMethod.Failover, RecoveryMethod.PointInTime, RecoveryMethod.RestoreSet], ways.Select(w => w.Method));
        Assert.Equal([true, false, false], ways.Select(w => w.Recommended));
        RecoveryOption first = ways[0];
        Assert.Equal((TimeSpan.FromSeconds(16), 3, true, true), (first.Predicted!.Value, first.Measurements, first.MeetsRto!.Value, first.MeetsRpo!.Value));
        Assert.Equal(TimeSpan.FromSeconds(30), first.Loss);
        Assert.Equal("drp primary switch --component db --to b --allow-data-loss --plan /etc/drp.yaml", first.Command);
        // Never measured: no number, and so no word on the objective.
        RecoveryOption unknown = List(Dead(Standby(TimeSpan.FromSeconds(30)), TimeSpan.FromMinutes(10)))[0];
        Assert.True(unknown is { Recommended: true, Predicted: null, Measurements: 0, MeetsRto: null }, unknown.ToString());
    }

    [Fact]
    public void A_standby_far_behind_comes_after_the_archived_WAL_that_keeps_the_objective()
    {
        var ways = List(Dead(Standby(TimeSpan.FromHours(3)), TimeSpan.FromMinutes(10)));
        Assert.Equal([RecoveryMethod.PointInTime, RecoveryMethod.Failover, RecoveryMethod.RestoreSet], ways.Select(w => w.Method));
        Assert.True(ways[0] is { Recommended: true, MeetsRpo: true });
        // Where the WAL would lose more still, the standby stays first.
        Assert.Equal(RecoveryMethod.Failover, List(Dead(Standby(TimeSpan.FromHours(3)), TimeSpan.FromHours(4)))[0].Method);
    }

    [Fact]
    public void What_needs_a_server_is_not_recommended_while_none_runs()
    {
        RecoveryOption only = Assert.Single(List(Dead(null, null)));
        Assert.True(only is { Method: RecoveryMethod.RestoreSet, Recommended: false }, only.ToString());
        RecoveryOption there = List(Of("db", new ServerState { IsUp = true, HasDatabase = false, Database = "shop" }, null, null, DamageKind.DatabaseMissing))[0];
        Assert.True(there is { Method: RecoveryMethod.RestoreSet, Recommended: true }, there.ToString());
    }

    [Fact]
    public void Everything_at_once_is_predicted_by_runs_that_brought_all_of_it_back()
    {
        Situation db = Dead(null, null), files = Of("files", null, null, null, DamageKind.FolderMissing), well = Of("well", null, null, null);
        Assert.Null(Choices.OfAll([db, well], new Forecast([], null), new Typed("/etc/drp.yaml")));
        EvidenceRecord[] ledger =
        [
            System(600, "db 1 Succeeded, files 1 Succeeded, well 1 Succeeded"), System(900, "files 1 Succeeded, db 1 Succeeded"), System(700, "db 1 Succeeded, files 1 Succeeded"),
            System(5, "db 1 Succeeded"), System(6, "db 1 Succeeded, files 1 Skipped"),
        ];
        RecoveryOption all = Choices.OfAll([db, files, well], new Forecast(ledger, null), new Typed("/etc/drp.yaml"))!;
        Assert.Equal((RecoveryMethod.RestoreSystem, TimeSpan.FromSeconds(700), 3, false), (all.Method, all.Predicted!.Value, all.Measurements, all.Recommended));
        Assert.Equal((s_now.AddHours(-5), TimeSpan.FromHours(5)), (all.To!.Value, all.Loss!.Value));
        Assert.Equal("drp restore-system --plan /etc/drp.yaml", all.Command);
        Assert.Null(Choices.OfAll([db, files], new Forecast(ledger[3..], null), new Typed("/etc/drp.yaml"))!.Predicted);
    }

    private static IReadOnlyList<RecoveryOption> List(Situation situation, params EvidenceRecord[] ledger) => new Choices(situation, new Forecast(ledger, null), new Typed("/etc/drp.yaml"), "docker", "/etc").List();

    private static Situation Dead(NodeStatus? standby, TimeSpan? behind) => Of("db", new ServerState(), standby, behind, DamageKind.ServerDown);

    private static Situation Of(string name, ServerState? server, NodeStatus? standby, TimeSpan? behind, params DamageKind[] kinds)
    {
        ComponentPlan plan = server is null ? new FilesPlan { Name = name } : new PostgreSqlPlan { Name = name };
        var set = new CatalogSet(SetId.Parse("20260302T070000Z-full"), [], new BackupSet
        {
            Plan = "/etc/drp.yaml", Id = "20260302T070000Z-full", Time = s_now.AddHours(-5), Kind = "full", Components = [name], Repositories = ["one"], Size = 1, PlainSize = 1, Duration = TimeSpan.Zero, Artifacts = [],
        });
        var points = new RecoveryPoints
        {
            Newest = set,
            Window = behind is null ? null : new RecoveryWindow { Plan = "/etc/drp.yaml", Component = name, Repository = "one", SystemIdentifier = "1", Latest = s_now - behind, Bases = ["20260302T070000Z-base"] },
        };
        DamageFinding[] found = [.. kinds.Select(k => new DamageFinding { Component = name, Subject = name, Kind = k, Verdict = CheckVerdict.Failed, Message = "" })];
        return new Situation(plan, points, found, server, standby, new Dictionary<string, RecoveryPointCandidate>(StringComparer.Ordinal), new ObjectivePlan { Rto = TimeSpan.FromHours(1), Rpo = TimeSpan.FromHours(1) }, s_now);
    }

    private static NodeStatus Standby(TimeSpan behind) => new() { Node = "b", Role = NodeRole.Standby, LastCommit = s_now - behind };

    private static EvidenceRecord System(double seconds, string components) =>
        Record("restore-system", "id", seconds) with { Facts = new Dictionary<string, string>(StringComparer.Ordinal) { ["components"] = components } };

    private static EvidenceRecord Record(string operation, string subject, double seconds) => new()
    {
        Sequence = 1, Operation = operation, Product = "shop", Subject = subject, Status = RunStatus.Succeeded, User = "u", Host = "h", Tool = "t", Started = s_now.AddDays(-1), Seconds = seconds, Previous = "", Digest = "",
    };
}
