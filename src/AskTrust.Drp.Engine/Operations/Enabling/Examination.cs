using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations.Enabling;

/// <summary>Judges what a server says of itself: what is as it must be, what has to be changed, and by whom.</summary>
internal sealed class Examination(WalComponent component, ServerFacts facts, EnableOptions options, string server)
{
    /// <summary>Free slots and senders to leave: one for the receiver, one for a base backup.</summary>
    private const int Wanted = 2;

    private const string SyncNames = "synchronous_standby_names";

    private readonly List<PointInTimeFinding> _findings = [];
    private readonly List<ServerChange> _changes = [];

    /// <summary>What was found.</summary>
    public IReadOnlyList<PointInTimeFinding> Findings => _findings;

    /// <summary>What would have to be changed.</summary>
    public IReadOnlyList<ServerChange> Changes => _changes;

    /// <summary>True when something stops the WAL from being received; for whom commits wait does not.</summary>
    public bool IsBlocked => _findings.Any(f => f.Verdict == CheckVerdict.Failed && f.Check != SyncNames);

    /// <summary>True when that would stay so after our changes.</summary>
    public bool StaysBlocked => _findings.Any(f => f is { Verdict: CheckVerdict.Failed, Change: null } && f.Check != SyncNames)
        || (!options.Restart && _changes.OfType<SettingChange>().Any(c => c.Setting.AtStart && _findings.Any(f => f.Check == c.Setting.Name && f.Verdict == CheckVerdict.Failed)));

    /// <summary>True when a setting was changed and waits for a restart.</summary>
    public bool RestartNeeded => facts.Settings.Values.Any(s => s.Pending && s.Written is not null);

    /// <summary>Judges everything the server says.</summary>
    public void Judge()
    {
        Plan();
        Level();
        Room("max_wal_senders", facts.Senders, facts.Slot is { Active: true });
        Room("max_replication_slots", facts.Slots, facts.Slot is not null);
        Grant("replication", facts.MayReplicate, Text.Of(EnablingTexts.MayReplicate, facts.Role), Text.Of(EnablingTexts.MayNotReplicate, facts.Role),
            $"ALTER ROLE {Sql.Identifier(facts.Role)} REPLICATION", $"ALTER ROLE {Sql.Identifier(facts.Role)} NOREPLICATION");
        Grant("pg_control_system()", facts.MayReadControl, Text.Of(EnablingTexts.MayReadControl, facts.Role), Text.Of(EnablingTexts.MayNotReadControl, facts.Role),
            $"GRANT EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() TO {Sql.Identifier(facts.Role)}",
            $"REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() FROM {Sql.Identifier(facts.Role)}");
        Hba();
        Keep();
        Summaries();
        Add("data_checksums", facts.Settings["data_checksums"].Value == "on" ? CheckVerdict.Ok : CheckVerdict.Warning,
            facts.Settings["data_checksums"].Value == "on" ? EnablingTexts.ChecksumsOn : EnablingTexts.ChecksumsOff, facts.Settings["data_checksums"].Value == "on" ? null : EnablingTexts.ChecksumsHint);
        Slot();
        Synchronous();
    }

    /// <summary>Adds a finding of this machine.</summary>
    public void Add(string check, CheckVerdict verdict, string message, string? hint = null, ServerChange? change = null)
    {
        if (change is not null) _changes.Add(change);
        _findings.Add(new PointInTimeFinding { Check = check, Verdict = verdict, Message = message, Hint = hint, Change = change?.Step });
    }

    private void Plan()
    {
        bool there = component.Plan.PointInTime is not null;
        Add("pointInTime", there ? CheckVerdict.Ok : CheckVerdict.Failed, there ? Text.Of(EnablingTexts.PlanHas, component.Name) : Text.Of(EnablingTexts.PlanLacks, component.Name),
            there ? null : Text.Of(EnablingTexts.PlanLacksHint, component.Name));
    }

    private void Level()
    {
        ServerSetting level = facts.Settings["wal_level"];
        if (level.Value != "minimal") Add("wal_level", CheckVerdict.Ok, level.Value);
        else Set(level, "replica", Text.Of(EnablingTexts.LevelMinimal, level.Value));
    }

    /// <summary>Senders and slots: is there room for ours?</summary>
    private void Room(string name, int used, bool haveOurs)
    {
        ServerSetting setting = facts.Settings[name];
        long most = facts.Number(name), free = most - used;
        string message = Text.Of(EnablingTexts.Free, free, most);
        if (free >= (haveOurs ? Wanted - 1 : Wanted)) Add(name, CheckVerdict.Ok, message);
        else Set(setting, Math.Max(10, used + 5).ToString(CultureInfo.InvariantCulture), message, free >= (haveOurs ? 0 : 1) ? CheckVerdict.Warning : CheckVerdict.Failed);
    }

    /// <summary>A setting is not as it must be: it is changed, or somebody is told why it cannot be.</summary>
    private void Set(ServerSetting setting, string value, string message, CheckVerdict verdict = CheckVerdict.Failed)
    {
        string statement = ServerSettings.Statement(setting.Name, value);
        if (setting.Fixed) Add(setting.Name, verdict, message, Text.Of(EnablingTexts.CommandLine, setting.Name, value));
        else if (setting.Written == value) Add(setting.Name, verdict, Text.Of(EnablingTexts.Waits, message, value), EnablingTexts.WaitsHint);
        else if (!facts.IsAdmin) Add(setting.Name, verdict, message, Text.Of(EnablingTexts.NotAdmin, statement));
        else Add(setting.Name, verdict, message, setting.AtStart && !options.Restart ? EnablingTexts.WaitsHint : null, new SettingChange(setting, value));
    }

    private void Grant(string check, bool has, string good, string bad, string sql, string undo)
    {
        if (has) Add(check, CheckVerdict.Ok, good);
        else if (facts.IsAdmin && !facts.IsStandby) Add(check, CheckVerdict.Failed, bad, null, new GrantChange(sql, undo));
        else Add(check, CheckVerdict.Failed, bad, Text.Of(EnablingTexts.NotAdmin, sql));
    }

    private void Hba()
    {
        const string name = "pg_hba.conf";
        if (facts.HbaErrors is { Count: > 0 } errors) Add(name, CheckVerdict.Warning, Text.Of(EnablingTexts.HbaErrors, string.Join("; ", errors)), EnablingTexts.HbaErrorsHint);
        var (outcome, said) = facts.Login;
        if (outcome == LoginOutcome.In) Add(name, CheckVerdict.Ok, Text.Of(EnablingTexts.LoginIn, facts.Role));
        else if (outcome == LoginOutcome.Later) Add(name, CheckVerdict.Ok, Text.Of(EnablingTexts.LoginLater, said));
        else if (outcome == LoginOutcome.Refused) Add(name, CheckVerdict.Failed, Text.Of(EnablingTexts.LoginRefused, said), EnablingTexts.LoginRefusedHint);
        else
        {
            string address = facts.Client is not { } client ? "" : $" {client}/{(client.Contains(':', StringComparison.Ordinal) ? 128 : 32)}";
            string line = $"{(address.Length == 0 ? "local" : "host")} replication {Sql.Identifier(facts.Role)}{address} {(component.Plan.Password is not null || address.Length > 0 ? "scram-sha-256" : "peer")}";
            bool able = facts is { IsAdmin: true, IsStandby: false };
            if (options.Hba && able) Add(name, CheckVerdict.Failed, Text.Of(EnablingTexts.NoRule, said), null, new HbaChange(line));
            else Add(name, CheckVerdict.Failed, Text.Of(EnablingTexts.NoRule, said), Text.Of(able ? EnablingTexts.NoRuleHint : EnablingTexts.NoRuleByHand, line));
        }
    }

    /// <summary>What the server itself does when a slot holds too much back.</summary>
    private void Keep()
    {
        const string name = "max_slot_wal_keep_size", idle = "idle_replication_slot_timeout";
        long kept = facts.Number(name) * 1048576, limit = component.PointInTime.SlotLimit;
        if (facts.Number(name) < 0) Add(name, CheckVerdict.Ok, Text.Of(EnablingTexts.KeepsAll, Human.Size(limit)));
        else if (kept >= limit) Add(name, CheckVerdict.Ok, Human.Size(kept));
        else Add(name, CheckVerdict.Warning, Text.Of(EnablingTexts.KeepsLess, Human.Size(kept), Human.Size(limit)), EnablingTexts.KeepsLessHint);
        if (facts.Number(idle) > 0) Add(idle, CheckVerdict.Warning, Text.Of(EnablingTexts.IdleSlots, facts.Settings[idle].Value), EnablingTexts.KeepsLessHint);
    }

    /// <summary>Incremental base backups need a server that notes what changes; without, each base is a full one.</summary>
    private void Summaries()
    {
        if (component.Plan.BaseBackup.Full is null) return;
        if (!facts.Settings.TryGetValue(WalSummaries.Setting, out ServerSetting? setting)) Add(WalSummaries.Setting, CheckVerdict.Warning, Text.Of(EnablingTexts.SummariesNone, WalSummaries.Since));
        else if (setting.Value == "on") Add(WalSummaries.Setting, CheckVerdict.Ok, setting.Value);
        else Set(setting, "on", EnablingTexts.SummariesOff, CheckVerdict.Warning);
    }

    private void Slot()
    {
        const string name = "slot";
        if (facts.Slot is null) Add(name, CheckVerdict.Warning, Text.Of(EnablingTexts.SlotMissing, component.Slot), EnablingTexts.SlotWaits, new SlotChange(component.Slot));
        else if (facts.Slot.Status == "lost") Add(name, CheckVerdict.Failed, Text.Of(OperationsTexts.WalSlotState, component.Slot, facts.Slot.Status), EnablingTexts.SlotLostHint);
        else Add(name, CheckVerdict.Ok, Text.Of(EnablingTexts.SlotThere, component.Slot, Human.Size(facts.Slot.Retained)));
        if (facts.Slot is { Active: true }) Add("receiver", CheckVerdict.Ok, Text.Of(EnablingTexts.Receives, component.Slot));
        else Add("receiver", CheckVerdict.Warning, EnablingTexts.NobodyReceives, EnablingTexts.NobodyReceivesHint);
    }

    /// <summary>Commits wait for whoever stands in <c>synchronous_standby_names</c>: our name comes in only while somebody receives.</summary>
    private void Synchronous()
    {
        const string name = SyncNames;
        ServerSetting names = facts.Settings[name];
        bool ours = names.Value.Split([',', ' ', '(', ')', '"'], StringSplitOptions.RemoveEmptyEntries).Contains(component.Slot, StringComparer.Ordinal);
        if (!component.PointInTime.Synchronous)
        {
            if (ours) Add(name, CheckVerdict.Failed, Text.Of(EnablingTexts.SyncUnwanted, names.Value), EnablingTexts.SyncUnwantedHint);
            return;
        }

        if (facts.Settings["synchronous_commit"].Value is "off" or "local" && facts.Settings["synchronous_commit"].Value is var commit)
            Add("synchronous_commit", CheckVerdict.Warning, Text.Of(EnablingTexts.SyncCommit, commit), EnablingTexts.SyncCommitHint);
        if (ours) Add(name, CheckVerdict.Ok, names.Value);
        else if (names.Value.Length > 0) Add(name, CheckVerdict.Failed, Text.Of(EnablingTexts.SyncOthers, names.Value), Text.Of(EnablingTexts.SyncOthersHint, component.Slot));
        else if (facts.Slot is not { Active: true }) Add(name, CheckVerdict.Failed, EnablingTexts.SyncLater, EnablingTexts.SyncLaterHint);
        else Set(names, component.Slot, Text.Of(EnablingTexts.SyncMissing, server));
    }
}
