using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>One base backup of a cluster under way: the data directory with the WAL it needs, each tablespace, and which file belongs to which table.</summary>
internal sealed class BaseBackup : IComponentBackup
{
    private readonly PostgreSqlPlan _plan;
    private readonly IPostgreSqlServer _server;
    private readonly HostContext _host;
    private readonly BaseProgram _program;
    private readonly List<string> _warnings = [];
    private readonly List<IArtifactSource> _artifacts = [];
    private WalHold? _hold;
    private TempFolder? _folder;
    private bool _written;
    private PostgreSqlFacts? _facts;
    private ClusterFacts? _cluster;

    private BaseBackup(PostgreSqlPlan plan, IPostgreSqlServer server, HostContext host) => (_plan, _server, _host, _program) = (plan, server, host, new BaseProgram(plan, server, host));

    /// <inheritdoc/>
    public IReadOnlyList<IArtifactSource> Artifacts => _artifacts;

    /// <summary>Writes the canary, reads facts and the map of relations. Takes over the server.</summary>
    public static async Task<BaseBackup> BeginAsync(PostgreSqlPlan plan, IPostgreSqlServer server, HostContext host, CancellationToken ct)
    {
        var backup = new BaseBackup(plan, server, host);
        try
        {
            await backup.PrepareAsync(ct).ConfigureAwait(false);
            return backup;
        }
        catch
        {
            await backup.ReleaseAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<ComponentFacts> CompleteAsync(CancellationToken ct)
    {
        var (scanner, end) = _artifacts.OfType<BaseArtifact>().FirstOrDefault() is { } one
            ? (one.Scanner, one.Scanner.FileListEnd)
            : (_artifacts.OfType<FileArtifact>().First(a => a.Role == "base").Scanner, _artifacts.OfType<FileArtifact>().First(a => a.Role == FileArtifact.FileList).End);
        IEnumerable<TarScanner> all = _artifacts.OfType<FileArtifact>().Where(a => a.Role == "tablespace").Select(a => a.Scanner).Prepend(scanner);
        string? problem = all.Select(s => s.Problem).FirstOrDefault(p => p is not null)
            ?? (!scanner.HasControlFile ? PhysicalTexts.NoControlFile : end.Length == 0 ? PhysicalTexts.NoFileList : null);
        BaseRange? range = problem is null ? BaseRange.Find(end) : null;
        problem ??= range is null ? PhysicalTexts.NoRange : null;
        if (problem is not null)
        {
            throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.BaseIncomplete, _server.Description, problem)) { Subject = _plan.Name, Hint = PhysicalTexts.BaseIncompleteHint };
        }

        _warnings.AddRange(_program.Warnings);
        _warnings.AddRange(_program.DamagedPages.Select(p => Text.Of(PhysicalTexts.DamagedPage, p)));
        return new ComponentFacts
        {
            Component = _plan.Name, Type = _plan.Type, Source = _server.Description, Warnings = _warnings,
            PostgreSql = _facts! with
            {
                Base = _cluster!.ToFacts(range!, await ClusterFacts.NowAsync(_server, ct).ConfigureAwait(false)) with { Files = all.Sum(s => s.Files), DamagedPages = _program.DamagedPages },
            },
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ReleaseAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask ReleaseAsync()
    {
        if (_hold is not null) await _hold.DisposeAsync().ConfigureAwait(false);
        if (_folder is not null) await _folder.DisposeAsync().ConfigureAwait(false);
        (_hold, _folder) = (null, null);
    }

    private async Task PrepareAsync(CancellationToken ct)
    {
        ProcessResult tool = await _host.Processes.RunAsync(_server.Tool("pg_basebackup", null, "--version"), ct).ConfigureAwait(false);
        if (!tool.Ok) throw PostgreSqlErrors.FromProgram("pg_basebackup", tool.ExitCode, tool.Errors, _server.Description);
        _cluster = await ClusterFacts.ReadAsync(_server, ct).ConfigureAwait(false);
        _cluster.Require(_server);
        if (_cluster.FilesOutside.Count > 0) _warnings.Add(Text.Of(PhysicalTexts.FilesOutside, string.Join(", ", _cluster.FilesOutside)));
        DateTimeOffset? canary = _plan.Canary ? await Canary.TryWriteAsync(_server, _cluster.IsStandby, _warnings, ct).ConfigureAwait(false) : null;
        _facts = await DatabaseFacts.ReadAsync(_server, tool.Text.Trim(), ct).ConfigureAwait(false) with { Canary = canary, DatabaseSize = _cluster.Size };
        _hold = await WalHold.BeginAsync(_server, _host, ct).ConfigureAwait(false);
        RelationMap map = await RelationMap.ReadAsync(_server, _warnings, ct).ConfigureAwait(false);
        if (_cluster.Tablespaces.Count == 0) _artifacts.Add(new BaseArtifact($"{_plan.Name}.base.tar", _cluster.Size, _program));
        else AddFiles();
        _artifacts.Add(new BytesArtifact($"{_plan.Name}.relations.json", "relations", map.ToJson()));
    }

    /// <summary>pg_basebackup cannot write several archives to one stream: they go through a temporary folder, and the operator is told what that needs.</summary>
    private void AddFiles()
    {
        _folder = _host.Temp.CreateFolder("base");
        string place = _folder.Path;
        long free = new DriveInfo(place).AvailableFreeSpace;
        if (free < _cluster!.Size)
        {
            throw new DrpException(DrpError.NotEnoughSpace, Text.Of(PhysicalTexts.TablespacesNoRoom, Bytes(_cluster.Size), place, Bytes(free))) { Subject = place, Hint = PhysicalTexts.TablespacesNoRoomHint };
        }

        _host.Say(DrpEventLevel.Information, Text.Of(PhysicalTexts.TablespacesNeedRoom, _cluster.Tablespaces.Count, Bytes(_cluster.Size), place));
        string folder = Path.Combine(place, "b");
        FileArtifact File(string name, string role, string file) => new($"{_plan.Name}.{name}", role, Path.Combine(folder, file), c => WriteOnceAsync(folder, c));
        _artifacts.AddRange(_cluster.Tablespaces.Select(t => File(string.Create(CultureInfo.InvariantCulture, $"ts{t.Oid}.tar"), "tablespace", string.Create(CultureInfo.InvariantCulture, $"{t.Oid}.tar"))));
        // The base after the tablespaces, the control file near its end: whoever restores in this order has nothing that starts before he has all.
        _artifacts.Add(File("base.tar", "base", "base.tar"));
        _artifacts.Add(File("base.manifest", FileArtifact.FileList, TarScanner.FileList));
    }

    private async Task WriteOnceAsync(string folder, CancellationToken ct)
    {
        if (_written) return;
        _written = true;
        await _program.WriteAsync(folder, ct).ConfigureAwait(false);
    }

    private static string Bytes(long bytes) => string.Create(CultureInfo.CurrentUICulture, $"{bytes / 1048576.0:N0} MiB");
}
