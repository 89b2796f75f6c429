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
    private readonly BaseOn? _on;
    private readonly List<string> _warnings = [];
    private readonly List<IArtifactSource> _artifacts = [];
    private WalHold? _hold;
    private TempFolder? _folder;
    private FileStream? _list;
    private bool _written;
    private PostgreSqlFacts? _facts;
    private ClusterFacts? _cluster;

    private BaseBackup(PostgreSqlPlan plan, IPostgreSqlServer server, BaseOn? on, HostContext host) =>
        (_plan, _server, _host, _on, _program) = (plan, server, host, on, new BaseProgram(plan, server, on?.Before, host));

    /// <inheritdoc/>
    public IReadOnlyList<IArtifactSource> Artifacts => _artifacts;

    /// <summary>Writes the canary, reads facts and the map of relations. Takes over the server.</summary>
    /// <param name="plan">The component.</param>
    /// <param name="server">The server.</param>
    /// <param name="on">What it builds on, and where it leaves the server's file list; null = everything, and nowhere.</param>
    /// <param name="host">The outside world.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<BaseBackup> BeginAsync(PostgreSqlPlan plan, IPostgreSqlServer server, BaseOn? on, HostContext host, CancellationToken ct)
    {
        var backup = new BaseBackup(plan, server, on, host);
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

        if (_list is not null) await _list.DisposeAsync().ConfigureAwait(false);
        _warnings.AddRange(_program.Warnings);
        _warnings.AddRange(_program.DamagedPages.Select(p => Text.Of(PhysicalTexts.DamagedPage, p)));
        return new ComponentFacts
        {
            Component = _plan.Name, Type = _plan.Type, Source = _server.Description, Warnings = _warnings,
            PostgreSql = _facts! with
            {
                Base = _cluster!.ToFacts(range!, await ClusterFacts.NowAsync(_server, ct).ConfigureAwait(false)) with
                {
                    Files = all.Sum(s => s.Files), DamagedPages = _program.DamagedPages, Chain = _program.IsIncremental ? _on!.Chain : null,
                },
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
        if (_list is not null) await _list.DisposeAsync().ConfigureAwait(false);
        if (_folder is not null) await _folder.DisposeAsync().ConfigureAwait(false);
        (_hold, _folder, _list) = (null, null, null);
    }

    private async Task PrepareAsync(CancellationToken ct)
    {
        ProcessResult tool = await _host.Processes.RunAsync(_server.Tool("pg_basebackup", null, "--version"), ct).ConfigureAwait(false);
        if (!tool.Ok) throw PostgreSqlErrors.FromProgram("pg_basebackup", tool.ExitCode, tool.Errors, _server.Description);
        _cluster = await ClusterFacts.ReadAsync(_server, ct).ConfigureAwait(false);
        _cluster.Require(_server);
        if (_plan.BaseBackup.Full is not null && await WalSummaries.ProblemAsync(_server, ct).ConfigureAwait(false) is { } why) _program.SaveEverything(Text.Of(PhysicalTexts.IncrementalNot, _plan.Name, why));
        if (_cluster.FilesOutside.Count > 0) _warnings.Add(Text.Of(PhysicalTexts.FilesOutside, string.Join(", ", _cluster.FilesOutside)));
        DateTimeOffset? canary = _plan.Canary ? await Canary.TryWriteAsync(_server, _cluster.IsStandby, _warnings, ct).ConfigureAwait(false) : null;
        _facts = await DatabaseFacts.ReadAsync(_server, tool.Text.Trim(), ct).ConfigureAwait(false) with { Canary = canary, DatabaseSize = _cluster.Size };
        _hold = await WalHold.BeginAsync(_server, _host, ct).ConfigureAwait(false);
        RelationMap map = await RelationMap.ReadAsync(_server, _warnings, ct).ConfigureAwait(false);
        if (_cluster.Tablespaces.Count == 0) AddStream();
        else AddFiles();
        _artifacts.Add(new BytesArtifact($"{_plan.Name}.relations.json", "relations", map.ToJson()));
    }

    private void AddStream()
    {
        var one = new BaseArtifact($"{_plan.Name}.base.tar", _program.IsIncremental ? null : _cluster!.Size, _program);
        if (_on is not null) one.Scanner.FileListCopy = _list = new FileStream(_on.FileList, FileMode.Create, FileAccess.Write, FileShare.None);
        _artifacts.Add(one);
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
        FileArtifact File(string name, string role, string file, string? keep = null) => new($"{_plan.Name}.{name}", role, Path.Combine(folder, file), keep, c => WriteOnceAsync(folder, c));
        _artifacts.AddRange(_cluster.Tablespaces.Select(t => File(string.Create(CultureInfo.InvariantCulture, $"ts{t.Oid}.tar"), "tablespace", string.Create(CultureInfo.InvariantCulture, $"{t.Oid}.tar"))));
        // The base after the tablespaces, the control file near its end: whoever restores in this order has nothing that starts before he has all.
        _artifacts.Add(File("base.tar", "base", "base.tar"));
        _artifacts.Add(File("base.manifest", FileArtifact.FileList, TarScanner.FileList, _on?.FileList));
    }

    private async Task WriteOnceAsync(string folder, CancellationToken ct)
    {
        if (_written) return;
        _written = true;
        await _program.WriteAsync(folder, ct).ConfigureAwait(false);
    }

    private static string Bytes(long bytes) => string.Create(CultureInfo.CurrentUICulture, $"{bytes / 1048576.0:N0} MiB");
}
