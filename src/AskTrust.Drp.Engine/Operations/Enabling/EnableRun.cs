using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations.Enabling;

/// <summary>
/// Makes a server ready for point-in-time recovery: examines it, changes what can be put back and is written down before, and examines it again. What it may
/// not change, or only by an explicit choice, it says.
/// </summary>
internal sealed class EnableRun(OperationContext context, EnableOptions options, Systemd systemd)
{
    private readonly List<string> _steps = [];
    private EnableSession _session = null!;
    private EnableRecordFile _file = null!;
    private EnableRecord? _record;

    /// <summary>Runs.</summary>
    public async Task<PointInTimeReport> RunAsync(CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        _session = await EnableSession.OpenAsync(context, options.Component, options.AdminUrl, options.AdminPassword, ct).ConfigureAwait(false);
        await using var _ = _session.ConfigureAwait(false);
        WalComponent component = _session.Component;
        using LocalLock __ = await LocalLock.TakeAsync(context.Host, $"pitr-{context.Plan.Name}-{component.Name}", $"pitr enable {component.Name}", TimeSpan.Zero, ct).ConfigureAwait(false);
        _file = new EnableRecordFile(context, component.Name);
        Examination found = await ExamineAsync(ct).ConfigureAwait(false);
        if (options.DryRun) return Report(found, RunStatus.Planned, [.. found.Changes.Where(c => c is not SlotChange || !found.StaysBlocked).Select(c => c.Step)]);

        bool restarted = false;
        foreach (ServerChange change in found.Changes.Where(c => c is not SlotChange)) await ChangeAsync(change, ct).ConfigureAwait(false);
        if (found.Changes.Any(c => c is SettingChange or HbaChange))
        {
            await new ServerSettings(_session.Admin).ReloadAsync(ct).ConfigureAwait(false);
            await SettledAsync(found, ct).ConfigureAwait(false);
        }

        found = await ExamineAsync(ct).ConfigureAwait(false);
        if (options.Restart && found.RestartNeeded)
        {
            await RestartAsync(ct).ConfigureAwait(false);
            restarted = true;
            found = await ExamineAsync(ct).ConfigureAwait(false);
        }

        // A slot makes the server keep its WAL: not before it can be received.
        if (!found.IsBlocked && found.Changes.OfType<SlotChange>().FirstOrDefault() is { } slot)
        {
            await new WalSource(_session.Server, context.Host).MakeSlotAsync(slot.Slot, ct).ConfigureAwait(false);
            _steps.Add(slot.Step);
            found = await ExamineAsync(ct).ConfigureAwait(false);
        }

        bool failed = found.Findings.Any(f => f.Verdict == CheckVerdict.Failed) || found.RestartNeeded;
        RunStatus status = failed ? RunStatus.Incomplete : _steps.Count == 0 ? RunStatus.Skipped : RunStatus.Succeeded;
        if (_steps.Count > 0)
        {
            await context.RecordAsync("pitr-enable", component.Name, status, failed ? DrpError.Incomplete : DrpError.None, phases, new(StringComparer.Ordinal)
            {
                ["server"] = _session.Server.Description, ["slot"] = component.Slot, ["steps"] = string.Join("; ", _steps), ["restarted"] = restarted ? "yes" : "",
            }, ct).ConfigureAwait(false);
        }

        return Report(found, status, _steps);
    }

    private async Task<Examination> ExamineAsync(CancellationToken ct)
    {
        WalComponent component = _session.Component;
        ServerFacts facts = await ServerFacts.ReadAsync(_session.Server, _session.Admin, component.Slot, context.Host, ct).ConfigureAwait(false);
        _record = _file.Read() is { } old && old.System == facts.System ? old : new EnableRecord { System = facts.System, Made = context.Clock.GetUtcNow() };
        var found = new Examination(component, facts, options, _session.Server.Description);
        found.Judge();
        await new MachineExamination(context, component, _session.Server, found).JudgeAsync(ct).ConfigureAwait(false);
        return found;
    }

    /// <summary>One change; first it is written down how to take it back.</summary>
    private async Task ChangeAsync(ServerChange change, CancellationToken ct)
    {
        switch (change)
        {
            case SettingChange { Setting: var setting, Value: var value }:
                SettingRecord? known = _record!.Settings.FirstOrDefault(s => s.Name == setting.Name);
                // What was there before the first time is what comes back.
                Note(_record with { Settings = [.. _record.Settings.Where(s => s.Name != setting.Name), new SettingRecord(setting.Name, known is null ? setting.Written : known.Before, value)] });
                await new ServerSettings(_session.Admin).WriteAsync(setting.Name, value, ct).ConfigureAwait(false);
                break;
            case GrantChange grant:
                Note(_record! with { Undo = [.. _record.Undo.Where(u => u != grant.Undo), grant.Undo] });
                // Who may run a function is each database's own affair.
                await _session.Admin.ExecuteAsync(_session.Server.Database, grant.Sql, ct).ConfigureAwait(false);
                break;
            case HbaChange hba:
                Note(_record! with { Hba = true });
                await new HbaFile(_session.Admin, _session.Component.Slot).AddAsync(hba.Line, ct).ConfigureAwait(false);
                break;
        }

        _steps.Add(change.Step);
    }

    private void Note(EnableRecord record) => _file.Write(_record = record);

    /// <summary>A server reads its files when it comes to it: waits until it shows what was written.</summary>
    private async Task SettledAsync(Examination found, CancellationToken ct)
    {
        for (int attempt = 0; attempt < 50; attempt++)
        {
            var now = await new ServerSettings(_session.Admin).ReadAsync(all: false, ct).ConfigureAwait(false);
            if (found.Changes.OfType<SettingChange>().All(c => now[c.Setting.Name] is var s && (s.Value == c.Value || s.Pending))) return;
            await Task.Delay(100, ct).ConfigureAwait(false);
        }
    }

    private async Task RestartAsync(CancellationToken ct)
    {
        var restart = new ServerRestart(_session.Admin, context.Host, systemd);
        if (await restart.PlanAsync(ct).ConfigureAwait(false) is not { } command)
        {
            context.Host.Say(DrpEventLevel.Warning, Text.Of(EnablingTexts.NoRestart, _session.Server.Description));
            return;
        }

        context.Host.Say(DrpEventLevel.Information, Text.Of(EnablingTexts.Restarting, _session.Server.Description));
        await restart.RunAsync(command, ct).ConfigureAwait(false);
        _steps.Add(command.ToString());
    }

    private PointInTimeReport Report(Examination found, RunStatus status, IReadOnlyList<string> steps) => new()
    {
        Plan = context.Plan.Path, Component = _session.Component.Name, Server = _session.Server.Description, Slot = _session.Component.Slot, Status = status, Findings = status == RunStatus.Planned ? found.Findings : [.. found.Findings.Select(f => f with { Change = null })], Steps = steps,
        RestartNeeded = found.RestartNeeded || (status == RunStatus.Planned && found.Changes.Any(c => c is SettingChange { Setting.AtStart: true })),
        Warnings = found.RestartNeeded && !options.Restart ? [Text.Of(EnablingTexts.RestartWaits, _session.Server.Description)] : [],
    };
}
