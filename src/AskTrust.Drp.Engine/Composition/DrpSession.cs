using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Operations;
using AskTrust.Drp.Engine.Operations.Damage;
using AskTrust.Drp.Engine.Operations.Diagnostics;
using AskTrust.Drp.Engine.Operations.Enabling;
using AskTrust.Drp.Engine.Operations.Health;
using AskTrust.Drp.Engine.Operations.Jobs;
using AskTrust.Drp.Engine.Operations.Kinds;
using AskTrust.Drp.Engine.Operations.Private;
using AskTrust.Drp.Engine.Operations.Scheduling;
using AskTrust.Drp.Engine.Operations.Services;
using AskTrust.Drp.Engine.Operations.Tables;
using AskTrust.Drp.Engine.Operations.Primary;
using AskTrust.Drp.Engine.Operations.Repair;
using AskTrust.Drp.Engine.Operations.Wal;
using AskTrust.Drp.Engine.Orchestration.Maintenance;
using AskTrust.Drp.Engine.Orchestration;
using AskTrust.Drp.Engine.Plan;
using AskTrust.Drp.Engine.Plan.Init;

namespace AskTrust.Drp.Engine.Composition;

/// <summary>
/// The engine's front door: one open plan and the verbs on it. Surfaces (cmdlets, <c>drp</c>) call nothing else.
/// Not for use by several callers at once; dispose to release connections, temporary folders and locks.
/// </summary>
public sealed class DrpSession : IAsyncDisposable
{
    private readonly OperationContext _context;
    private readonly CatalogReader _reader;

    private DrpSession(OperationContext context) => (_context, _reader) = (context, new CatalogReader(context.Catalog));

    /// <summary>The plan.</summary>
    public DrpPlan Plan => _context.Plan;

    /// <summary>Reads and validates a plan (a file, or a folder with <c>drp.yaml</c>) and makes the engine ready. Contacts nothing yet.</summary>
    /// <exception cref="PlanException">The plan has errors: all of them.</exception>
    public static async Task<DrpSession> OpenAsync(string planPath, EngineOptions options, CancellationToken ct)
    {
        DrpPlan plan = await PlanReader.ReadAsync(planPath, ct).ConfigureAwait(false);
        return new DrpSession(Wiring.Context(plan, Wiring.Host(options), options));
    }

    /// <summary>Writes a commented plan for a Compose stack or a database; returns its text.</summary>
    public static async Task<string> InitPlanAsync(PlanInitOptions init, EngineOptions options, CancellationToken ct)
    {
        PlanDraft draft = await PlanInit.CreateAsync(init, ct).ConfigureAwait(false);
        foreach (string note in draft.Notes) options.Observer.On(new DrpMessage(DrpEventLevel.Warning, note));
        return draft.Text;
    }

    /// <summary>The JSON Schema of <c>drp.yaml</c>.</summary>
    public static string PlanSchema() => Engine.Plan.PlanSchema.Json();

    /// <summary>The plan as YAML with every default filled in and secrets masked.</summary>
    public string ExplainPlan() => PlanWriter.Explain(Plan);

    /// <summary>Tries every connection, tool, key and repository of the plan, in parallel; each check comes as it is done.</summary>
    public IAsyncEnumerable<PlanCheck> CheckPlanAsync(CancellationToken ct) => new PlanCheckRun(_context).RunAsync(ct);

    /// <summary>Asks everything the plan names how it is, in parallel; each check comes as it is done.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: nothing in the plan fits the options.</exception>
    public IAsyncEnumerable<HealthCheck> HealthAsync(HealthOptions options, CancellationToken ct) => new HealthRun(_context, options).RunAsync(ct);

    /// <summary>The same again and again, one sorted list for each round, until it is cancelled: that is its ordinary end.</summary>
    public IAsyncEnumerable<IReadOnlyList<HealthCheck>> WatchHealthAsync(HealthOptions options, TimeSpan interval, CancellationToken ct) => new HealthRun(_context, options).WatchAsync(interval, ct);

    /// <summary>Gathers everything an operator wants to see first, all at once, each section with a deadline of its own.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: the file of the bundle is there already.</exception>
    public Task<DiagnosticReport> DiagnosticsAsync(DiagnosticOptions options, CancellationToken ct) => new DiagnosticsRun(_context, options).RunAsync(ct);

    /// <summary>Backs up.</summary>
    public Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken ct) => new BackupGate(_context, options).RunAsync(ct);

    /// <summary>
    /// Lists sets, newest first. A repository that does not answer is a warning, and named in <see cref="NotListed"/>, as long as another does.
    /// </summary>
    /// <exception cref="DrpException">No repository answered, or the one named in the filter did not.</exception>
    public IAsyncEnumerable<BackupSet> ListAsync(BackupFilter filter, CancellationToken ct) => _reader.ListAsync(filter, ct);

    /// <summary>Names of the repositories whose sets the last <see cref="ListAsync"/> could not see; empty when it saw all it was asked for.</summary>
    public IReadOnlyList<string> NotListed => _reader.Silent;

    /// <summary>Verifies sets, one result for each set and repository.</summary>
    public IAsyncEnumerable<VerificationResult> VerifyAsync(VerifyOptions options, CancellationToken ct) => new VerifyRun(_context, options).RunAsync(ct);

    /// <summary>Applies retention, one decision for each set and repository; nothing is deleted before all are made.</summary>
    public IAsyncEnumerable<RetentionDecision> RetainAsync(RetentionOptions options, CancellationToken ct) => new PruneRun(_context).RetainAsync(options, ct);

    /// <summary>Deletes sets by name.</summary>
    public IAsyncEnumerable<RetentionDecision> RemoveAsync(RemoveOptions options, CancellationToken ct) => new PruneRun(_context).RemoveAsync(options, ct);

    /// <summary>Pins sets, or lifts their pins; returns them as they are then.</summary>
    public IAsyncEnumerable<BackupSet> PinAsync(PinOptions options, CancellationToken ct) => new PinRun(_context, options).RunAsync(ct);

    /// <summary>Copies what repositories lack.</summary>
    public IAsyncEnumerable<SyncResult> SyncAsync(SyncOptions options, CancellationToken ct) => new SyncRun(_context, options).RunAsync(ct);

    /// <summary>Restores a database, or returns a whole cluster to a moment.</summary>
    public Task<RestoreReport> RestoreAsync(RestoreOptions options, CancellationToken ct) =>
        options is { To: null, DataDirectory: null, Container: null, Service: null } ? new RestoreRun(_context, options).RunAsync(ct) : new PointInTimeRun(_context, options).RunAsync(ct);

    /// <summary>Restores a component that is no database: in place, or elsewhere.</summary>
    public Task<RestoreReport> RestoreComponentAsync(RestoreComponentOptions options, CancellationToken ct) => new ComponentRestoreRun(_context, options).RunAsync(ct);

    /// <summary>What is wrong, since when, to when it can be recovered, and how. Reads only.</summary>
    public Task<DamageReport> AssessDamageAsync(DamageOptions options, CancellationToken ct) => new DamageRun(_context, options).RunAsync(ct);

    /// <summary>Checks a database, rebuilds broken indexes, and checks again. Tables are never touched.</summary>
    public Task<RepairReport> RepairAsync(RepairOptions options, CancellationToken ct) => new RepairRun(_context, options).RunAsync(ct);

    /// <summary>Takes a restore back.</summary>
    public Task<RestoreReport> UndoAsync(UndoOptions options, CancellationToken ct) => new UndoRun(_context, options).RunAsync(ct);

    /// <summary>Restores into a throw-away server and judges the copy.</summary>
    public Task<RestoreTestResult> TestRestoreAsync(RestoreTestOptions options, CancellationToken ct) =>
        options.To is null ? new RestoreTestRun(_context, options).RunAsync(ct) : new PointInTimeTestRun(_context, options).RunAsync(ct);

    /// <summary>Receives the WAL of a server until it is cancelled, which is its ordinary end.</summary>
    public Task<WalReceiveReport> WalReceiveAsync(WalReceiveOptions options, CancellationToken ct) => new WalReceive(_context, options).RunAsync(ct);

    /// <summary>To which moments one can return, for each component and repository.</summary>
    public IAsyncEnumerable<RecoveryWindow> RecoveryWindowAsync(string? component, CancellationToken ct) => new WalWindow(_context).RunAsync(component, ct);

    /// <summary>Makes a server ready for point-in-time recovery.</summary>
    public Task<PointInTimeReport> EnablePointInTimeAsync(EnableOptions options, CancellationToken ct) => new EnableRun(_context, options, Host.Systemd.Here(_context.Host.Processes)).RunAsync(ct);

    /// <summary>Takes back what that did.</summary>
    public Task<PointInTimeReport> DisablePointInTimeAsync(DisableOptions options, CancellationToken ct) => new DisableRun(_context, options, Host.Systemd.Here(_context.Host.Processes)).RunAsync(ct);

    /// <summary>Registers the service that runs the receiver of a component.</summary>
    public Task<ServiceReport> RegisterServiceAsync(ServiceOptions options, CancellationToken ct) => Services.RegisterAsync(options, ct);

    /// <summary>Takes that service away.</summary>
    public Task<ServiceReport> UnregisterServiceAsync(ServiceOptions options, CancellationToken ct) => Services.UnregisterAsync(options, ct);

    /// <summary>How the services stand.</summary>
    /// <param name="component">Component; null = all with point-in-time recovery.</param>
    /// <param name="folder">Folder of the files; null = where systemd and Compose look.</param>
    /// <param name="ct">Cancels.</param>
    public IAsyncEnumerable<ServiceStatus> ServicesAsync(string? component, string? folder, CancellationToken ct) => Services.GetAsync(component, folder, ct);

    /// <summary>Shows visitors the maintenance page.</summary>
    public Task<MaintenanceReport> EnableMaintenanceAsync(MaintenanceOptions options, CancellationToken ct) => new MaintenanceRun(_context).OnAsync(options, ct);

    /// <summary>Shows them the site again.</summary>
    public Task<MaintenanceReport> DisableMaintenanceAsync(MaintenanceOptions options, CancellationToken ct) => new MaintenanceRun(_context).OffAsync(options, ct);

    /// <summary>How maintenance mode stands.</summary>
    public Task<MaintenanceStatus> MaintenanceAsync(CancellationToken ct) => new MaintenanceRun(_context).StatusAsync(ct);

    /// <summary>Answers every request with the page until it is cancelled, which is its ordinary end.</summary>
    /// <param name="listen">Address and port.</param>
    /// <param name="ready">Called when it listens.</param>
    /// <param name="ct">Ends it.</param>
    public Task ServeMaintenanceAsync(string listen, Action ready, CancellationToken ct) => new PageServer(_context).RunAsync(listen, ready, ct);

    /// <summary>Runs a job of the plan: its steps in order, one exit code.</summary>
    public Task<JobReport> RunJobAsync(JobOptions options, CancellationToken ct) => new JobRun(_context, options).RunAsync(ct);

    /// <summary>Has the jobs of the plan called at their times.</summary>
    public Task<ScheduleReport> RegisterScheduleAsync(ScheduleOptions options, CancellationToken ct) => Scheduling.RegisterAsync(options, ct);

    /// <summary>Stops that again.</summary>
    public Task<ScheduleReport> UnregisterScheduleAsync(ScheduleOptions options, CancellationToken ct) => Scheduling.UnregisterAsync(options, ct);

    /// <summary>How the schedules stand: where, last run, next run, missed times.</summary>
    public IAsyncEnumerable<ScheduleStatus> SchedulesAsync(ScheduleOptions options, CancellationToken ct) => Scheduling.GetAsync(options, ct);

    /// <summary>How the WAL of each component is on its way.</summary>
    public IAsyncEnumerable<ReplicationStatus> ReplicationAsync(string? component, CancellationToken ct) => new WalStatus(_context).RunAsync(component, ct);

    /// <summary>Archives one file of the WAL, for <c>archive_command</c>.</summary>
    public Task<WalPushResult> WalPushAsync(WalPushOptions options, CancellationToken ct) => new WalPush(_context, options).RunAsync(ct);

    /// <summary>Fetches one file of the WAL, for <c>restore_command</c>. An exception means that nobody knows whether it is there: the recovery must not go on.</summary>
    public Task<WalFetchResult> WalFetchAsync(WalFetchOptions options, CancellationToken ct) => new WalFetch(_context, options).RunAsync(ct);

    /// <summary>Keeps segments ready for a recovery, beside <see cref="WalFetchAsync"/>, until nobody has taken one for half a minute.</summary>
    public Task WalFeedAsync(WalFetchOptions options, CancellationToken ct) => new WalFetch(_context, options).FeedAsync(ct);

    /// <summary>What <c>restore_command</c> of a server of the plan should be.</summary>
    /// <param name="component">Component; null = the only one with point-in-time recovery.</param>
    /// <param name="system">System identifier; null = that of the current data directory, or the only one of the component.</param>
    /// <param name="program">What runs <c>drp</c>.</param>
    /// <param name="ct">Cancels.</param>
    public Task<string> WalRestoreCommandAsync(string? component, string? system, IReadOnlyList<string> program, CancellationToken ct) =>
        new WalFetch(_context, new WalFetchOptions { Name = "", Destination = "", Component = component, System = system }).RestoreCommandAsync(program, ct);

    /// <summary>Finds the committed transactions that did something to a table, newest first, in the archived WAL.</summary>
    /// <exception cref="DrpException">Part of the WAL is missing, damaged or not to be had: what happened is not known.</exception>
    public Task<IReadOnlyList<RecoveryPointCandidate>> FindRecoveryPointsAsync(RecoveryPointOptions options, CancellationToken ct) => new FindRecoveryPointRun(_context, options).RunAsync(ct);

    /// <summary>Takes an accident to tables back: recovers the state before it beside the live server, compares, and puts back what is asked.</summary>
    /// <exception cref="DrpException">The live server is then as it was.</exception>
    public Task<TableRestoreReport> RestoreTableAsync(TableRestoreOptions options, CancellationToken ct) => new TableRestoreRun(_context, options).RunAsync(ct);

    /// <summary>Restarts services of a Compose project, in the order of their dependencies, each only when what it needs is well.</summary>
    public Task<ServiceRestartReport> RestartServicesAsync(ServiceRestartOptions options, CancellationToken ct) => new ServiceRestartRun(_context, options).RunAsync(ct);

    /// <summary>Restores everything the plan protects, services included.</summary>
    public Task<SystemRestoreReport> RestoreSystemAsync(SystemRestoreOptions options, CancellationToken ct) => new SystemRestoreRun(_context, options, resume: false).RunAsync(ct);

    /// <summary>Goes on with such a restore that was cut off.</summary>
    public Task<SystemRestoreReport> ResumeSystemAsync(bool dryRun, CancellationToken ct) => new SystemRestoreRun(_context, new SystemRestoreOptions { DryRun = dryRun }, resume: true).RunAsync(ct);

    /// <summary>Takes such a restore back.</summary>
    /// <param name="systemId">Its id; null = the newest.</param>
    /// <param name="dryRun">Only shows each step.</param>
    /// <param name="ct">Cancels.</param>
    public Task<SystemRestoreReport> UndoSystemAsync(string? systemId, bool dryRun, CancellationToken ct) => new SystemUndoRun(_context, systemId, dryRun).RunAsync(ct);

    /// <summary>Writes what has to lie somewhere else than on the machine.</summary>
    public Task<RecoveryKitReport> ExportKitAsync(RecoveryKitOptions options, CancellationToken ct) => new Operations.Kit.KitRun(_context, options).RunAsync(ct);

    /// <summary>How each pair of servers stands, and who of them is primary by right.</summary>
    public IAsyncEnumerable<PrimaryStatus> PrimaryAsync(string? component, CancellationToken ct) => new PrimaryStatusRun(_context).RunAsync(component, ct);

    /// <summary>Makes the standby of a pair the primary; goes on with, or takes back, a switch that was not ended.</summary>
    public Task<PrimarySwitchReport> SwitchPrimaryAsync(PrimarySwitchOptions options, CancellationToken ct) => new SwitchRun(_context, options).RunAsync(ct);

    /// <summary>Makes the other server of a pair follow the primary again.</summary>
    public Task<PrimarySwitchReport> RepairStandbyAsync(StandbyRepairOptions options, CancellationToken ct) => new StandbyRepairRun(_context, options).RunAsync(ct);

    /// <summary>Returns when a node may start as a primary.</summary>
    /// <exception cref="DrpException">Another one is primary by right, or nobody can tell.</exception>
    public Task GuardPrimaryAsync(string node, string? component, CancellationToken ct) => new PrimaryGuard(_context).RunAsync(node, component, ct);

    /// <summary>Certificates of the plan's components, of files, or of a backup set: until when they hold, and what is wrong.</summary>
    public IAsyncEnumerable<CertificateStatus> CertificatesAsync(CertificateOptions options, CancellationToken ct) => new CertificateRun(_context, options).RunAsync(ct);

    /// <summary>Certificates in files and folders, without a plan.</summary>
    public static Task<IReadOnlyList<CertificateStatus>> ReadCertificatesAsync(CertificateOptions options, EngineOptions engine, CancellationToken ct) => CertificateRun.ReadAsync(options, Wiring.Host(engine), ct);

    /// <summary>Writes each file of configuration with its keys and without its values.</summary>
    public IAsyncEnumerable<MaskedFile> ExportConfigAsync(ConfigExportOptions options, CancellationToken ct) => new ConfigExportRun(_context, options).RunAsync(ct);

    /// <summary>Proves the chain of the evidence ledger, each copy.</summary>
    public IAsyncEnumerable<EvidenceVerdict> TestEvidenceAsync(CancellationToken ct) => new EvidenceVerifier(_context.Catalog, _context.Evidence).VerifyAsync(ct);

    /// <summary>Writes the report of a restore test.</summary>
    public static Task<IReadOnlyList<ReportFile>> ExportReportAsync(IReadOnlyList<RestoreTestResult> results, ReportOptions options, CancellationToken ct) =>
        Incidents.ReportWriter.WriteAsync(results, options, TimeProvider.System, ct);

    /// <summary>The newest restore-test results of the ledger, newest first; for reports without a fresh test.</summary>
    public IAsyncEnumerable<RestoreTestResult> RestoreTestHistoryAsync(CancellationToken ct) => new RestoreTestHistory(_context).ReadAsync(ct);

    private ScheduleRun Scheduling => new(_context, Host.Systemd.Here(_context.Host.Processes), _context.Clock.LocalTimeZone);

    private ServiceRun Services => new(_context, Host.Systemd.Here(_context.Host.Processes));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var repository in _context.Catalog.Repositories) await repository.DisposeAsync().ConfigureAwait(false);
        await _context.Evidence.State.DisposeAsync().ConfigureAwait(false);
        if (_context.Signatures is IAsyncDisposable signer) await signer.DisposeAsync().ConfigureAwait(false);
    }
}
