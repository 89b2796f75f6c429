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
    private readonly BaseTaking _taking;
    private readonly BaseOn? _on;
    private readonly List<string> _warnings = [];
    private readonly List<IArtifactSource> _artifacts = [];
    private WalHold? _hold;
    private TempFolder? _folder;
    private FileStream? _list;
    private bool _written;
    private PostgreSqlFacts? _facts;
    private ClusterFacts? _cluster;

    private BaseBackup(PostgreSqlPlan plan, IPostgreSqlServer server, BaseOn? on, CompressionPlan compression, HostContext host)
    {
        (_plan, _server, _host, _on) = (plan, server, host, on);
        _taking = server.CanReplicate
            ? new BaseStream(plan, server, on?.Before, compression, host)
            : new BaseProgram(plan, server, on?.Before, host);
    }

    /// <inheritdoc/>
    public IReadOnlyList<IArtifactSource> Artifacts => _artifacts;

    /// <summary>Writes the canary, reads facts and the map of relations. Takes over the server.</summary>
    /// <param name="plan">The component.</param>
    /// <param name="server">The server.</param>
    /// <param name="on">What it builds on, and where it leaves the server's file list; null = everything, and nowhere.</param>
    /// <param name="compression">How archives are to be compressed, should the server do it.</param>
    /// <param name="host">The outside world.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<BaseBackup> BeginAsync(PostgreSqlPlan plan, IPostgreSqlServer server, BaseOn? on, CompressionPlan compression, HostContext host, CancellationToken ct)
    {
        var backup = new BaseBackup(plan, server, on, compression, host);
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
        BasePart[] parts = [.. _artifacts.OfType<BasePart>()];
        string end = parts.Select(p => p.FileListEnd).FirstOrDefault(e => e.Length > 0) ?? "";
        string? problem = parts.Select(p => p.Problem).FirstOrDefault(p => p is not null)
            ?? (!parts.Any(p => p.HasControlFile) ? PhysicalTexts.NoControlFile : end.Length == 0 ? PhysicalTexts.NoFileList : null);
        BaseRange? range = problem is null ? BaseRange.Find(end) : null;
        problem ??= range is null ? PhysicalTexts.NoRange : null;
        if (problem is not null)
        {
            throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.BaseIncomplete, _server.Description, problem)) { Subject = _plan.Name, Hint = PhysicalTexts.BaseIncompleteHint };
        }

        if (_list is not null) await _list.DisposeAsync().ConfigureAwait(false);
        _warnings.AddRange(_taking.Warnings);
        _warnings.AddRange(_taking.DamagedPages.Select(p => Text.Of(PhysicalTexts.DamagedPage, p)));
        return new ComponentFacts
        {
            Component = _plan.Name, Type = _plan.Type, Source = _server.Description, Warnings = _warnings,
            PostgreSql = _facts! with
            {
                Base = _cluster!.ToFacts(range!, await ClusterFacts.NowAsync(_server, ct).ConfigureAwait(false)) with
                {
                    Files = parts.Sum(p => p.Files), DamagedPages = _taking.DamagedPages, Chain = _taking.IsIncremental ? _on!.Chain : null,
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
        if (_taking is BaseStream stream) await stream.DisposeAsync().ConfigureAwait(false);
        if (_folder is not null) await _folder.DisposeAsync().ConfigureAwait(false);
        (_hold, _folder, _list) = (null, null, null);
    }

    private async Task PrepareAsync(CancellationToken ct)
    {
        string tool = await _taking.VersionAsync(ct).ConfigureAwait(false);
        _cluster = await ClusterFacts.ReadAsync(_server, ct).ConfigureAwait(false);
        _cluster.Require(_server);
        if (_plan.BaseBackup.Full is not null && await WalSummaries.ProblemAsync(_server, ct).ConfigureAwait(false) is { } why) _taking.SaveEverything(Text.Of(PhysicalTexts.IncrementalNot, _plan.Name, why));
        if (_cluster.FilesOutside.Count > 0) _warnings.Add(Text.Of(PhysicalTexts.FilesOutside, string.Join(", ", _cluster.FilesOutside)));
        DateTimeOffset? canary = _plan.Canary ? await Canary.TryWriteAsync(_server, _cluster.IsStandby, _warnings, ct).ConfigureAwait(false) : null;
        _facts = await DatabaseFacts.ReadAsync(_server, tool, ct).ConfigureAwait(false) with { Canary = canary, DatabaseSize = _cluster.Size };
        _hold = await WalHold.BeginAsync(_server, _host, ct).ConfigureAwait(false);
        RelationMap map = await RelationMap.ReadAsync(_server, _warnings, ct).ConfigureAwait(false);
        if (_taking is BaseStream stream) await AddArchivesAsync(stream, ct).ConfigureAwait(false);
        else if (_taking is BaseProgram program && _cluster.Tablespaces.Count == 0) AddStream(program);
        else AddFiles((BaseProgram)_taking);
        _artifacts.Add(new BytesArtifact($"{_plan.Name}.relations.json", "relations", map.ToJson()));
    }

    private async Task AddArchivesAsync(BaseStream stream, CancellationToken ct)
    {
        await stream.BeginAsync(ct).ConfigureAwait(false);
        uint[] known = [.. _cluster!.Tablespaces.Select(t => t.Oid)];
        if (stream.Tablespaces.Except(known).Any() || known.Except(stream.Tablespaces).Any())
            throw new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.TablespacesChanged, _server.Description)) { Subject = _plan.Name, IsTransient = true };
        // The base after the tablespaces, the control file near its end: whoever restores in this order has nothing that starts before he has all.
        _artifacts.AddRange(stream.Tablespaces.Select(t => new StreamedArchive(SpaceName(t), BasePart.Tablespace, string.Create(CultureInfo.InvariantCulture, $"{t}.tar"), null, stream)));
        _artifacts.Add(new StreamedArchive($"{_plan.Name}.base.tar", BasePart.Base, "base.tar", known.Length > 0 || stream.IsIncremental ? null : _cluster.Size, stream));
        _artifacts.Add(new StreamedList($"{_plan.Name}.base.manifest", ListCopy(), stream));
    }

    private void AddStream(BaseProgram program)
    {
        var one = new BaseArtifact($"{_plan.Name}.base.tar", program.IsIncremental ? null : _cluster!.Size, program);
        one.Scanner.FileListCopy = ListCopy();
        _artifacts.Add(one);
    }

    private FileStream? ListCopy() => _on is null ? null : _list = new FileStream(_on.FileList, FileMode.Create, FileAccess.Write, FileShare.None);

    private string SpaceName(uint space) => string.Create(CultureInfo.InvariantCulture, $"{_plan.Name}.ts{space}.tar");

    /// <summary>pg_basebackup cannot write several archives to one stream: they go through a temporary folder, and the operator is told what that needs.</summary>
    private void AddFiles(BaseProgram program)
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
        FileArtifact File(string name, string role, string file, string? keep = null) => new(name, role, Path.Combine(folder, file), keep, c => WriteOnceAsync(program, folder, c));
        // In the order of the streamed ones.
        _artifacts.AddRange(_cluster.Tablespaces.Select(t => File(SpaceName(t.Oid), BasePart.Tablespace, string.Create(CultureInfo.InvariantCulture, $"{t.Oid}.tar"))));
        _artifacts.Add(File($"{_plan.Name}.base.tar", BasePart.Base, "base.tar"));
        _artifacts.Add(File($"{_plan.Name}.base.manifest", BasePart.FileList, TarScanner.FileList, _on?.FileList));
    }

    private async Task WriteOnceAsync(BaseProgram program, string folder, CancellationToken ct)
    {
        if (_written) return;
        _written = true;
        await program.WriteAsync(folder, ct).ConfigureAwait(false);
    }

    private static string Bytes(long bytes) => string.Create(CultureInfo.CurrentUICulture, $"{bytes / 1048576.0:N0} MiB");
}
