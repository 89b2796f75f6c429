using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>The ways to recover one component, the recommended one first. What fits the damage best loses least; among those that keep the objectives the mildest comes first.</summary>
/// <param name="situation">The component.</param>
/// <param name="forecast">Predicts durations.</param>
/// <param name="typed">Writes commands.</param>
/// <param name="engine">Program that drives containers.</param>
/// <param name="folder">Folder of the plan.</param>
internal sealed class Choices(Situation situation, Forecast forecast, Typed typed, string engine, string folder)
{
    private readonly List<RecoveryOption> _all = [];
    private readonly string _name = situation.Plan.Name;

    /// <summary>Lists them; none for a component that is well.</summary>
    public IReadOnlyList<RecoveryOption> List()
    {
        if (situation.Plan is PostgreSqlPlan plan) OfPostgreSql(plan);
        else if (situation.Has(DamageKind.FolderMissing, DamageKind.FilesMissing, DamageKind.ComponentBroken)) OfOther();
        return [.. _all.Select((o, place) => Judged(o) with { Recommended = place == 0 && CanBeDone(o) })];
    }

    /// <summary>False where something else has to be done first: a set is restored into a server that runs.</summary>
    private bool CanBeDone(RecoveryOption option) => option.Method is not (RecoveryMethod.RestoreSet or RecoveryMethod.RestoreBeside) || situation.Server is not { IsUp: false };

    /// <summary>Everything at once, where more than one component is damaged and can be restored; else null. Each by its own way is milder, so it is never recommended.</summary>
    public static RecoveryOption? OfAll(IReadOnlyList<Situation> situations, Forecast forecast, Typed typed)
    {
        Situation[] damaged = [.. situations.Where(s => s.Findings.Any(f => f.Verdict == CheckVerdict.Failed) && s.Points.Newest is not null)];
        if (damaged.Length < 2) return null;
        Prediction? predicted = forecast.OfSystem([.. damaged.Select(s => s.Plan.Name)]);
        return new RecoveryOption
        {
            Method = RecoveryMethod.RestoreSystem, Reason = DamageTexts.WhySystem, Command = typed.Drp("restore-system"), Cmdlet = typed.Cmdlet("Restore-DrpSystem"),
            To = situations.Min(s => s.Points.Newest?.Set.Time), Loss = situations.Max(s => s.LossTo(s.Points.Newest?.Set.Time)),
            Predicted = predicted?.Time, Measurements = predicted?.Measurements ?? 0, Measured = predicted?.Newest,
        };
    }

    private void OfPostgreSql(PostgreSqlPlan plan)
    {
        if (situation.Has(DamageKind.ServerDown, DamageKind.ContainerStopped, DamageKind.ContainerMissing))
        {
            if (situation.Server?.Container is { IsRunning: false } stopped) Start(stopped);
            if (situation.Standby is { } standby) Failover(standby);
            PointInTime(plan, "latest", situation.Points.Window?.Latest, DamageTexts.WhyLatest);
            // A standby that is far behind would break the objective that the archived WAL keeps.
            if (_all is [.., { Method: RecoveryMethod.Failover } behind, { Method: RecoveryMethod.PointInTime } wal] && Judged(behind).MeetsRpo is false && wal.Loss < behind.Loss) _all.Reverse(_all.Count - 2, 2);
            Set(force: false, DamageTexts.WhySetLater);
        }
        else if (situation.Has(DamageKind.DatabaseMissing))
        {
            Set(force: false, DamageTexts.WhySetDatabase);
            Before(plan);
            // Where the objective allows less than the set would lose, the archived WAL comes first.
            if (_all.Count > 1 && Judged(_all[0]).MeetsRpo is false) _all.Reverse();
        }
        else if (situation.Server?.LostTables is { Count: > 0 } tables)
        {
            bool undone = Tables(tables);
            bool everything = situation.Points.Facts?.PostgreSql?.Rows is { } rows && rows.Where(r => r.Value > 0 && !r.Key.StartsWith("drp_canary.", StringComparison.Ordinal)).All(r => tables.Contains(r.Key, StringComparer.Ordinal));
            if (everything && !undone) Set(force: true, DamageTexts.WhySetEverything);
            Beside();
            Before(plan);
            if (!everything || undone) Set(force: true, DamageTexts.WhySetBack);
        }
        else if (situation.Has(DamageKind.RowsMissing))
        {
            Tables([.. situation.Findings.Where(f => f.Kind == DamageKind.RowsMissing).Select(f => f.Subject)]);
            Beside();
            Set(force: true, DamageTexts.WhySetBack);
        }

        if (!situation.Has(DamageKind.PagesDamaged, DamageKind.IndexInvalid)) return;
        Add(RecoveryMethod.Repair, DamageTexts.WhyRepair, typed.Drp("repair", "--component", _name), typed.Cmdlet("Repair-DrpDatabase", "-Component", _name), situation.Now, forecast.OfOperation("repair", _name));
        if (situation.Has(DamageKind.PagesDamaged) && _all.Count == 1) Set(force: true, DamageTexts.WhySetPages);
    }

    private void OfOther()
    {
        if (situation.Points.Best(situation.Objective?.Rpo) is not { } set) return;
        string[] force = situation.Has(DamageKind.FolderMissing) && !situation.Has(DamageKind.FilesMissing) ? [] : ["--force"];
        Add(RecoveryMethod.RestoreSet, Reason(DamageTexts.WhyFiles, set), typed.Drp(["restore-component", set.Set.Id, "--component", _name, .. force]),
            typed.Cmdlet("Restore-DrpComponent", [set.Set.Id, "-Component", _name, .. force.Length > 0 ? ["-Force"] : Array.Empty<string>()]), set.Set.Time, forecast.OfSet(_name, set));
    }

    private void Start(ContainerFacts container)
    {
        if (container is { Service: { } service, Project: { } project })
        {
            Add(RecoveryMethod.Start, DamageTexts.WhyStart, typed.Drp("restart", service, "--project", project), typed.Cmdlet("Restart-DrpService", service, "-Project", project), situation.End,
                forecast.OfOperation("service-restart", project));
            return;
        }

        Add(RecoveryMethod.Start, DamageTexts.WhyStart, $"{engine} start {Typed.Shell(container.Name)}", null, situation.End, null);
    }

    private void Failover(NodeStatus standby) => Add(
        RecoveryMethod.Failover, Text.Of(DamageTexts.WhyFailover, standby.Node), typed.Drp("primary", "switch", "--component", _name, "--to", standby.Node, "--allow-data-loss"),
        typed.Cmdlet("Switch-DrpPrimary", "-Component", _name, "-To", standby.Node, "-AllowDataLoss"), standby.LastCommit, forecast.OfOperation("primary-switch", _name));

    /// <summary>The whole cluster, to the moment before the accident that the WAL tells of.</summary>
    private void Before(PostgreSqlPlan plan)
    {
        if (situation.Accidents.Values.MinBy(a => a.CommitTime) is not { } accident) return;
        PointInTime(plan, accident.Target, accident.CommitTime, Text.Of(DamageTexts.WhyBefore, Human.Time(accident.CommitTime)));
    }

    private void PointInTime(PostgreSqlPlan plan, string target, DateTimeOffset? moment, string reason)
    {
        if (situation.Points.Window is not { Bases.Count: > 0 }) return;
        string beside = situation.Server?.DataDirectory is { } data ? data.TrimEnd('/') + ".recovered" : Path.Combine(folder, "recovered-" + _name);
        // A container that is gone has no volume to fill: then the cluster is recovered beside.
        bool gone = situation.Has(DamageKind.ContainerMissing);
        var (option, parameter, place) = plan.ComposeService is { } service && !gone ? ("--service", "-Service", service)
            : plan.Container is { } container && !gone ? ("--container", "-Container", container) : ("--data-directory", "-DataDirectory", beside);
        string[] project = option == "--service" && plan.ComposeProject is { } named ? [named] : [];
        Add(RecoveryMethod.PointInTime, reason, typed.Drp(["restore", "--component", _name, "--to", target, option, place, .. project.SelectMany(p => new[] { "--project", p })]),
            typed.Cmdlet("Restore-DrpDatabase", ["-Component", _name, "-To", target, parameter, place, .. project.SelectMany(p => new[] { "-Project", p })]), moment, forecast.OfPointInTime(_name));
    }

    private void Set(bool force, string why)
    {
        if (situation.Points.Best(situation.Objective?.Rpo) is not { } set) return;
        Add(RecoveryMethod.RestoreSet, Reason(why, set), typed.Drp(["restore", set.Set.Id, "--component", _name, .. force ? ["--force"] : Array.Empty<string>()]),
            typed.Cmdlet("Restore-DrpDatabase", [set.Set.Id, "-Component", _name, .. force ? ["-Force"] : Array.Empty<string>()]), Moment(set), forecast.OfSet(_name, set), situation.Server?.NewRows);
    }

    private void Beside()
    {
        if (situation.Points.Best(situation.Objective?.Rpo) is not { } set || situation.Server?.Database is not { } database) return;
        Add(RecoveryMethod.RestoreBeside, Reason(DamageTexts.WhyBeside, set), typed.Drp("restore", set.Set.Id, "--component", _name, "--database", database + "_recovered"),
            typed.Cmdlet("Restore-DrpDatabase", set.Set.Id, "-Component", _name, "-Database", database + "_recovered"), Moment(set), forecast.OfSet(_name, set));
    }

    /// <summary>One undo for all tables that one accident took; the search itself where it has not been made.</summary>
    /// <returns>True when there is an undo.</returns>
    private bool Tables(IReadOnlyList<string> tables)
    {
        if (situation.Points.Window is not { Bases.Count: > 0 }) return false;
        var known = tables.Where(situation.Accidents.ContainsKey).Select(t => situation.Accidents[t]).GroupBy(a => a.Target).ToList();
        foreach (var accident in known)
        {
            RecoveryPointCandidate first = accident.First();
            string[] names = [.. accident.Select(a => a.Table).Distinct(StringComparer.Ordinal)];
            Add(RecoveryMethod.UndoTable, Text.Of(DamageTexts.WhyTable, Human.Time(first.CommitTime)), typed.Drp(["pitr", "table", .. names, "--to", accident.Key, "--into", "missing", "--component", _name]),
                typed.Cmdlet("Restore-DrpTable", [string.Join(',', names), "-To", accident.Key, "-Into", "Missing", "-Component", _name]), null, forecast.OfTable(_name));
            _all[^1] = _all[^1] with { Loss = TimeSpan.Zero, LostRows = 0, To = first.CommitTime };
        }

        if (known.Count > 0) return true;
        string name = TableNames.Plain(tables[0]);
        Add(RecoveryMethod.UndoTable, DamageTexts.WhySearch, typed.Drp("pitr", "find", name, "--component", _name), typed.Cmdlet("Find-DrpRecoveryPoint", name, "-Component", _name), null, forecast.OfTable(_name));
        return true;
    }

    private DateTimeOffset Moment(CatalogSet set) => set == situation.Points.Newest ? situation.Points.Facts?.PostgreSql?.Canary ?? set.Set.Time : set.Set.Time;

    private static string Reason(string why, CatalogSet set) =>
        why + " " + (set.Set.Proven is { } proven ? Text.Of(DamageTexts.IsProven, Human.Time(proven)) : DamageTexts.IsUnproven);

    private void Add(RecoveryMethod method, string reason, string command, string? cmdlet, DateTimeOffset? to, Prediction? predicted, long? rows = null) => _all.Add(new RecoveryOption
    {
        Component = _name, Method = method, Reason = reason, Command = command, Cmdlet = cmdlet, To = method is RecoveryMethod.Start or RecoveryMethod.Repair ? null : to,
        Loss = situation.LossTo(to), LostRows = method is RecoveryMethod.Start or RecoveryMethod.Repair ? 0 : rows,
        Predicted = predicted?.Time, Measurements = predicted?.Measurements ?? 0, Measured = predicted?.Newest,
    });

    private RecoveryOption Judged(RecoveryOption option) => option with
    {
        MeetsRto = option.Predicted is { } time && situation.Objective?.Rto is { } rto ? time <= rto : null,
        MeetsRpo = option.Loss is { } loss && situation.Objective?.Rpo is { } rpo ? loss <= rpo : null,
    };
}
