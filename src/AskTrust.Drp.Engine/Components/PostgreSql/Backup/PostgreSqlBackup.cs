using AskTrust.Drp.Engine.Components.PostgreSql.Archive;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Backup;

/// <summary>One backup of a database under way.</summary>
internal sealed class PostgreSqlBackup : IComponentBackup
{
    private readonly PostgreSqlPlan _plan;
    private readonly IPostgreSqlServer _server;
    private readonly HostContext _host;
    private readonly List<string> _warnings = [];
    private readonly List<DumpArtifact> _dumps = [];
    private readonly List<IArtifactSource> _artifacts = [];
    private IReadOnlyList<CatalogTable> _before = [];
    private ExportedSnapshot? _snapshot;
    private PostgreSqlFacts? _facts;
    private bool _isStandby;

    private PostgreSqlBackup(PostgreSqlPlan plan, IPostgreSqlServer server, HostContext host) => (_plan, _server, _host) = (plan, server, host);

    /// <inheritdoc/>
    public IReadOnlyList<IArtifactSource> Artifacts => _artifacts;

    /// <summary>Writes the canary, reads facts and catalog, and prepares the dumps. Takes over the server.</summary>
    public static async Task<PostgreSqlBackup> BeginAsync(PostgreSqlPlan plan, IPostgreSqlServer server, HostContext host, CancellationToken ct)
    {
        var backup = new PostgreSqlBackup(plan, server, host);
        await backup.PrepareAsync(ct).ConfigureAwait(false);
        return backup;
    }

    /// <inheritdoc/>
    public async Task<ComponentFacts> CompleteAsync(CancellationToken ct)
    {
        if (_dumps.Find(d => d.Archive is null) is { } unwritten)
            throw new DrpException(DrpError.Failed, Text.Of(PostgreSqlTexts.ArtifactNotWritten, unwritten.Name)) { Subject = _plan.Name };
        DumpArchive[] archives = [.. _dumps.Select(d => d.Archive!)];
        IReadOnlyList<CatalogTable> after = await CatalogTable.ListAsync(_server, _server.Database, sizes: false, ct).ConfigureAwait(false);
        IReadOnlyList<string> missing = Completeness.Missing(_before, after, archives, _isStandby);
        if (missing.Count > 0)
        {
            string names = string.Join(", ", missing.Take(20)) + (missing.Count > 20 ? " …" : "");
            throw new DrpException(DrpError.Failed, Text.Of(PostgreSqlTexts.TablesMissing, missing.Count, _server.Database, names))
            {
                Hint = PostgreSqlTexts.TablesMissingHint, Subject = _plan.Name,
            };
        }

        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (key, count) in archives.SelectMany(a => a.Rows ?? new Dictionary<string, long>(StringComparer.Ordinal))) rows[key] = count;
        return new ComponentFacts
        {
            Component = _plan.Name, Type = _plan.Type, Source = $"{_server.Description}/{_server.Database}",
            PostgreSql = _facts! with
            {
                Rows = archives.All(a => a.Rows is not null) ? rows : null,
                LargeObjects = archives.All(a => a.LargeObjects is not null) ? archives.Sum(a => a.LargeObjects) : null,
            },
            Warnings = [.. _warnings, .. _dumps.SelectMany(d => d.Warnings)],
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_snapshot is not null) await _snapshot.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
    }

    private async Task PrepareAsync(CancellationToken ct)
    {
        ProcessResult tool = await _host.Processes.RunAsync(_server.Tool("pg_dump", null, "--version"), ct).ConfigureAwait(false);
        if (!tool.Ok) throw PostgreSqlErrors.FromProgram("pg_dump", tool.ExitCode, tool.Errors, _server.Description);
        string state = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')";
        string?[] rights = (await _server.QueryAsync(_server.Database, state, ct).ConfigureAwait(false))[0];
        _isStandby = rights[0] == "t";
        DateTimeOffset? canary = _plan.Canary ? await Canary.TryWriteAsync(_server, _isStandby, _warnings, ct).ConfigureAwait(false) : null;
        _facts = await DatabaseFacts.ReadAsync(_server, tool.Text.Trim(), ct).ConfigureAwait(false) with { Canary = canary };
        _before = await CatalogTable.ListAsync(_server, _server.Database, sizes: _plan.Jobs > 1, ct).ConfigureAwait(false);
        await AddDumpsAsync(ct).ConfigureAwait(false);
        if (!_plan.Globals) return;
        if (rights[1] != "t") _warnings.Add(Text.Of(PostgreSqlTexts.NoRolePasswords, _server.User));
        _artifacts.Add(new GlobalsArtifact(_plan.Name, _server, _host, withPasswords: rights[1] == "t"));
    }

    private async Task AddDumpsAsync(CancellationToken ct)
    {
        long estimate = await PostgreSqlSource.EstimateAsync(_server, ct).ConfigureAwait(false);
        IReadOnlyList<IReadOnlyList<CatalogTable>> parts = ParallelPlan.Share(_before, _plan.Jobs, _facts!.Encoding == "UTF8");
        List<string> common = ["--format=custom", "--compress=0", "--no-password", "--lock-wait-timeout=300000"];
        if (parts.Count > 0)
        {
            _snapshot = await ExportedSnapshot.BeginAsync(_server, _plan.SerializableDeferrable, _host, ct).ConfigureAwait(false);
            common.Add($"--snapshot={_snapshot.Id}");
        }
        else if (_plan.SerializableDeferrable)
        {
            common.Add("--serializable-deferrable");
        }

        int group = parts.Count > 0 ? 1 : 0;
        IEnumerable<string> elsewhere = parts.SelectMany(p => p).Select(t => $"--exclude-table-data={ParallelPlan.Pattern(t)}");
        _dumps.Add(new DumpArtifact($"{_plan.Name}.dump", "dump", group, estimate - parts.Sum(p => p.Sum(t => t.Size)), _server, _host, [.. common, .. elsewhere]));
        for (int i = 0; i < parts.Count; i++)
        {
            IEnumerable<string> tables = parts[i].Select(t => $"--table={ParallelPlan.Pattern(t)}");
            _dumps.Add(new DumpArtifact($"{_plan.Name}.data{i + 1}.dump", "data", group, parts[i].Sum(t => t.Size), _server, _host, [.. common, "--data-only", .. tables]));
        }

        _artifacts.AddRange(_dumps);
    }
}
