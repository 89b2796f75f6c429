using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// Returns a whole cluster to a moment, in a data directory: look → choose the base and check the target → put aside what is there → extract → recover → check.
/// Whatever fails, the folder is as it was before.
/// </summary>
internal sealed class PointInTimeRun(OperationContext context, RestoreOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly PhaseClock _phases = new(context.Clock);
    private readonly RestoreJournal _journal = new(context.RestoresFolder);
    private readonly string _id = RestoreEntry.NewId(context.Clock);

    /// <summary>Runs.</summary>
    public async Task<RestoreReport> RunAsync(CancellationToken ct)
    {
        RecoveryTarget target = options.To ?? RecoveryTarget.Immediate;
        if (options.DataDirectory is not { } folder) throw new DrpException(DrpError.PlanInvalid, OperationsTexts.NeedsDataDirectory) { Hint = OperationsTexts.NeedsDataDirectoryHint };
        if (options.Path is not null) throw new DrpException(DrpError.PlanInvalid, OperationsTexts.NotFromAPath);
        if (!options.DryRun) await Leftovers.SweepAsync(context.Host, containers: false, ct).ConfigureAwait(false);
        TargetDirectory place = TargetDirectory.Look(folder, options.Force);
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        RecoveryChoice choice = await new RecoveryChooser(context, encryption).ChooseAsync(target, options.Id, options.Component, options.Repository, options.Timeline, ct).ConfigureAwait(false);
        var restore = new BaseRestore(context, choice, encryption, _phases);
        var spaces = Spaces(choice);
        await RecoveryServer.ProgramsAsync(context.Host, choice.Facts.Major, ct).ConfigureAwait(false);
        RequireRoom(place.Path, restore.PlainSize);
        foreach (string warning in choice.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        if (options.DryRun) return Report(choice, place, RunStatus.Planned) with { Steps = Steps(choice, place, target, restore), Warnings = choice.Warnings };

        Lease? lease = await new LeaseKeeper(context.Catalog).AcquireAsync(choice.Repository, LeaseMode.Read, "restore", ct).ConfigureAwait(false);
        await using var __ = (lease ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        return await RestoreAsync(target, choice, restore, place, spaces, ct).ConfigureAwait(false);
    }

    private async Task<RestoreReport> RestoreAsync(
        RecoveryTarget target, RecoveryChoice choice, BaseRestore restore, TargetDirectory place, IReadOnlyDictionary<uint, string> spaces, CancellationToken ct)
    {
        var entry = new RestoreEntry
        {
            RestoreId = _id, Started = _phases.Started, Component = choice.Component.Component, Database = choice.Facts.Database, Source = choice.Id.ToString(), WasEmpty = !place.IsThere,
            DataDirectory = place.Path,
        };
        await _journal.WriteAsync(entry, ct).ConfigureAwait(false);
        string? aside = place.MoveAside(_id);
        try
        {
            await _journal.WriteAsync(entry with { Previous = aside }, ct).ConfigureAwait(false);
            place.Make();
            foreach (string space in spaces.Values) TargetDirectory.MakeFolder(space, place.RunAs);
            await _phases.MeasureAsync("extract", () => restore.ExtractAsync(place.Path, spaces, place.RunAs, null, ct)).ConfigureAwait(false);
            BaseRestore.Map(place.Path, spaces, place.RunAs);
            var plan = new RecoveryPlan
            {
                Data = place.Path, Target = target, Exclusive = options.Exclusive, Timeline = choice.Timeline, Facts = choice.Facts, RunAs = place.RunAs?.Name, EndIsEnough = choice.EndIsEnough,
            };
            RecoveryOutcome outcome = await _phases.MeasureAsync("recover", () => RecoverAsync(restore, plan, place.RunAs, ct)).ConfigureAwait(false);
            await _journal.WriteAsync(entry with { Finished = true, Previous = aside }, CancellationToken.None).ConfigureAwait(false);
            if (options.Start) await _phases.MeasureAsync("start", () => RecoveryServer.StartAsync(context.Host, plan, ct)).ConfigureAwait(false);
            var report = Report(choice, place, RunStatus.Succeeded) with { Recovery = outcome, Previous = aside, Phases = restore.Phases(), Warnings = choice.Warnings };
            await RecordAsync(report, choice, null).ConfigureAwait(false);
            return report;
        }
        catch (Exception e)
        {
            if (!options.Start || TargetDirectory.Running(place.Path) is null) PutBack(place, aside, spaces);
            await RecordAsync(Report(choice, place, RunStatus.Failed), choice, e).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<RecoveryOutcome> RecoverAsync(BaseRestore restore, RecoveryPlan plan, SystemUser? user, CancellationToken ct)
    {
        var (feed, server, outcome) = await restore.RecoverAsync(plan, user, ct).ConfigureAwait(false);
        await using var _ = feed.ConfigureAwait(false);
        await using var __ = server.ConfigureAwait(false);
        // It accepts work, so it is recovered; that it can be written to is asked all the same.
        string?[] state = (await server.Server.QueryAsync("postgres", "SELECT pg_catalog.pg_is_in_recovery()", ct).ConfigureAwait(false))[0];
        if (state[0] != "f") throw new DrpException(DrpError.Failed, Text.Of(OperationsTexts.NotPromoted, plan.Data)) { Subject = plan.Data };
        await server.StopAsync(ct).ConfigureAwait(false);
        return outcome;
    }

    /// <summary>Where each tablespace goes: an empty folder, or none yet. The old cluster's own must not be mixed with the restored one's.</summary>
    private Dictionary<uint, string> Spaces(RecoveryChoice choice)
    {
        Dictionary<uint, string> spaces = [];
        foreach (var space in choice.Base.Tablespaces)
        {
            string folder = Path.GetFullPath(options.Tablespaces.GetValueOrDefault(space.Name) ?? options.Tablespaces.GetValueOrDefault(space.Location) ?? space.Location);
            if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            {
                throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.SpaceNotEmpty, space.Name, folder)) { Subject = folder, Hint = Text.Of(OperationsTexts.SpaceNotEmptyHint, space.Name) };
            }

            spaces[space.Oid] = folder;
        }

        string? unknown = options.Tablespaces.Keys.FirstOrDefault(k => !choice.Base.Tablespaces.Any(t => t.Name == k || t.Location == k));
        if (unknown is not null) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoSuchSpace, choice.Id, unknown)) { Subject = unknown, Hint = Text.Of(OperationsTexts.ChooseOf, string.Join(", ", choice.Base.Tablespaces.Select(t => t.Name))) };
        return spaces;
    }

    /// <summary>Throws when the disk of a folder, which need not be there yet, has less room.</summary>
    internal static void RequireRoom(string folder, long needed)
    {
        string at = folder;
        while (!Directory.Exists(at)) at = Path.GetDirectoryName(at)!;
        long free = new DriveInfo(at).AvailableFreeSpace;
        if (free >= needed) return;
        throw new DrpException(DrpError.NotEnoughSpace, Text.Of(OperationsTexts.NoRoom, folder, SpaceCheck.Size(free), SpaceCheck.Size(needed))) { Subject = folder };
    }

    /// <summary>Removes what this run made, and gives the previous cluster its place back.</summary>
    private void PutBack(TargetDirectory place, string? aside, IReadOnlyDictionary<uint, string> spaces)
    {
        try
        {
            // A tablespace's folder may have been there before, as a mount point for example: it was empty, and is so again.
            foreach (string made in spaces.Values.Where(Directory.Exists))
            {
                foreach (string entry in Directory.EnumerateDirectories(made)) Directory.Delete(entry, recursive: true);
                foreach (string entry in Directory.EnumerateFiles(made)) File.Delete(entry);
            }

            if (Directory.Exists(place.Path)) Directory.Delete(place.Path, recursive: true);
            if (aside is not null) Directory.Move(aside, place.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.NotPutBack, place.Path, aside, e.Message));
        }
    }

    private List<string> Steps(RecoveryChoice choice, TargetDirectory place, RecoveryTarget target, BaseRestore restore)
    {
        List<string> steps = [];
        if (place.IsThere) steps.Add(Text.Of(OperationsTexts.StepAside, place.Path, $"{place.Path}.before-{_id}"));
        steps.Add(Text.Of(OperationsTexts.StepExtract, choice.Id, choice.Repository.Name, SpaceCheck.Size(restore.PlainSize), place.Path));
        steps.Add(Text.Of(OperationsTexts.StepRecover, target, choice.Timeline, choice.Reach?.End.ToString() ?? choice.Base.StopLsn));
        if (options.Start) steps.Add(OperationsTexts.StepStart);
        return steps;
    }

    private RestoreReport Report(RecoveryChoice choice, TargetDirectory place, RunStatus status) => new()
    {
        Plan = context.Plan.Path, RestoreId = _id, Source = choice.Id.ToString(), Component = choice.Component.Component, Target = place.Path, Database = choice.Facts.Database,
        Status = status, Started = _phases.Started, Duration = _phases.Elapsed, Phases = _phases.Phases,
    };

    private async Task RecordAsync(RestoreReport report, RecoveryChoice choice, Exception? error)
    {
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("restore", report.Target, report.Status, error is null ? DrpError.None : Failures.CodeOf(error), _phases, new(StringComparer.Ordinal)
        {
            ["restore"] = report.RestoreId, ["source"] = report.Source, ["manifest"] = choice.Manifest.Sha256, ["target"] = report.Target,
            ["recovery target"] = (options.To ?? RecoveryTarget.Immediate).ToString(), ["reached"] = report.Recovery?.Reached ?? "", ["previous"] = report.Previous ?? "", ["error"] = error?.Message ?? "",
        }, brief.Token).ConfigureAwait(false);
    }
}
