using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Services;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations.Enabling;

/// <summary>Takes back what an enabling did: the service, the slot, the settings, the line of <c>pg_hba.conf</c>. What somebody changed since stays as he left it.</summary>
internal sealed class DisableRun(OperationContext context, DisableOptions options, Systemd systemd)
{
    private const string SyncNames = "synchronous_standby_names";
    private readonly List<string> _steps = [];
    private readonly List<string> _warnings = [];

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: somebody receives through the slot, and it is not forced.</exception>
    public async Task<PointInTimeReport> RunAsync(CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        EnableSession session = await EnableSession.OpenAsync(context, options.Component, options.AdminUrl, options.AdminPassword, ct).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        WalComponent component = session.Component;
        using LocalLock __ = await LocalLock.TakeAsync(context.Host, $"pitr-{context.Plan.Name}-{component.Name}", $"pitr disable {component.Name}", TimeSpan.Zero, ct).ConfigureAwait(false);
        ServerFacts facts = await ServerFacts.ReadAsync(session.Server, session.Admin, component.Slot, context.Host, ct).ConfigureAwait(false);
        var file = new EnableRecordFile(context, component.Name);
        EnableRecord? record = file.Read();
        if (record is not null && record.System != facts.System)
        {
            _warnings.Add(Text.Of(EnablingTexts.RecordOfOther, record.System));
            record = null;
        }

        RefuseWhileReceived(component, facts);
        bool restart = false;
        await ServicesAsync(component, ct).ConfigureAwait(false);
        // Commits wait for whom it names: first of all, nobody.
        foreach (SettingRecord setting in (record?.Settings ?? []).OrderByDescending(s => s.Name == SyncNames))
        {
            restart |= await PutBackAsync(session, facts, setting, ct).ConfigureAwait(false);
            if (setting.Name == SyncNames) await ReloadAsync(session, ct).ConfigureAwait(false);
        }

        if (facts.Slot is not null) await DropAsync(session, component, facts, ct).ConfigureAwait(false);
        if (record?.Hba == true) await DoAsync(EnablingTexts.HbaRemove, () => new HbaFile(session.Admin, component.Slot).RemoveAsync(ct)).ConfigureAwait(false);
        foreach (string undo in record?.Undo ?? []) await DoAsync(undo, () => session.Admin.ExecuteAsync(session.Server.Database, undo, ct)).ConfigureAwait(false);
        if (record is not null)
        {
            await ReloadAsync(session, ct).ConfigureAwait(false);
            if (!options.DryRun) file.Remove();
        }

        RunStatus status = options.DryRun ? RunStatus.Planned : _steps.Count == 0 ? RunStatus.Skipped : RunStatus.Succeeded;
        if (restart) _warnings.Add(Text.Of(EnablingTexts.RestartWaits, session.Server.Description));
        if (status == RunStatus.Succeeded)
        {
            await context.RecordAsync("pitr-disable", component.Name, status, DrpError.None, phases, new(StringComparer.Ordinal)
            {
                ["server"] = session.Server.Description, ["slot"] = component.Slot, ["steps"] = string.Join("; ", _steps), ["left"] = string.Join("; ", _warnings), ["forced"] = options.Force ? "yes" : "",
            }, ct).ConfigureAwait(false);
        }

        return new PointInTimeReport
        {
            Plan = context.Plan.Path, Component = component.Name, Server = session.Server.Description, Slot = component.Slot, Status = status, RestartNeeded = restart, Steps = _steps, Warnings = _warnings,
        };
    }

    /// <summary>Somebody may rely on what he receives; and one who is not our receiver may rely on it, forced or not.</summary>
    private void RefuseWhileReceived(WalComponent component, ServerFacts facts)
    {
        if (facts.Slot is not { Active: true, Client: var client }) return;
        bool ours = client?.StartsWith(component.Slot + " ", StringComparison.Ordinal) == true;
        if (ours && options.Force) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(EnablingTexts.StillReceives, component.Slot, client?.Trim())) { Subject = component.Slot, Hint = ours ? EnablingTexts.StillReceivesHint : EnablingTexts.NotOurReceiverHint };
    }

    private async Task ServicesAsync(WalComponent component, CancellationToken ct)
    {
        if (component.Plan.PointInTime is null) return;
        var services = new ServiceRun(context, systemd);
        foreach (ServiceManager manager in Enum.GetValues<ServiceManager>())
        {
            try
            {
                ServiceReport report = await services.UnregisterAsync(new ServiceOptions { Component = component.Name, Manager = manager, DryRun = options.DryRun }, ct).ConfigureAwait(false);
                _steps.AddRange(report.Steps);
                _warnings.AddRange(report.Warnings);
            }
            catch (DrpException e) when (e.Code == DrpError.UnsafeTarget)
            {
                _warnings.Add(e.Message);
            }
        }
    }

    /// <summary>Puts a setting back.</summary>
    /// <returns>True when the server must be restarted for it.</returns>
    private async Task<bool> PutBackAsync(EnableSession session, ServerFacts facts, SettingRecord setting, CancellationToken ct)
    {
        if (!facts.IsAdmin) throw new DrpException(DrpError.Failed, Text.Of(EnablingTexts.CannotPutBack, setting.Name)) { Subject = setting.Name, Hint = Text.Of(EnablingTexts.NotAdmin, ServerSettings.Statement(setting.Name, setting.Before)) };
        ServerSetting now = facts.Settings[setting.Name];
        if (now.Written == setting.Before) return false;
        if (now.Written != setting.Set)
        {
            _warnings.Add(Text.Of(EnablingTexts.ChangedSince, setting.Name, setting.Set, now.Written ?? EnablingTexts.NotSet));
            return false;
        }

        await DoAsync(ServerSettings.Statement(setting.Name, setting.Before), () => new ServerSettings(session.Admin).WriteAsync(setting.Name, setting.Before, ct)).ConfigureAwait(false);
        return now.AtStart;
    }

    private async Task DropAsync(EnableSession session, WalComponent component, ServerFacts facts, CancellationToken ct)
    {
        var source = new WalSource(session.Admin, context.Host);
        if (facts.Slot is { Active: true, ProcessId: { } id })
        {
            await DoAsync(Text.Of(EnablingTexts.EndStream, id), async () =>
            {
                // What streams starts again by itself: it is ended as often as it takes for the slot to be free.
                await source.EndStreamAsync(id, ct).ConfigureAwait(false);
                for (int attempt = 0; attempt < 50 && await source.SlotAsync(component.Slot, ct).ConfigureAwait(false) is { Active: true, ProcessId: { } next }; attempt++)
                {
                    await source.EndStreamAsync(next, ct).ConfigureAwait(false);
                    await Task.Delay(100, ct).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
        }

        await DoAsync($"SELECT pg_drop_replication_slot('{component.Slot}')", () => source.DropSlotAsync(component.Slot, ct)).ConfigureAwait(false);
    }

    private Task ReloadAsync(EnableSession session, CancellationToken ct) => options.DryRun ? Task.CompletedTask : new ServerSettings(session.Admin).ReloadAsync(ct);

    private async Task DoAsync(string step, Func<Task> action)
    {
        _steps.Add(step);
        if (!options.DryRun) await action().ConfigureAwait(false);
    }
}
