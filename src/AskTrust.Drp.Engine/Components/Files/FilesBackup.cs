using System.Globalization;
using AskTrust.Drp.Engine.Components.Files.Incremental;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>One backup of the folders: an archive each; with an index also that, and on top of another set the list of what is gone.</summary>
internal sealed class FilesBackup : IComponentBackup
{
    private readonly FilesPlan _plan;
    private readonly string _version;
    private readonly FilesBase? _on;
    private readonly List<FolderArtifact> _archives = [];
    private readonly List<FolderChanges> _changes = [];
    private readonly List<IArtifactSource> _artifacts = [];

    /// <summary>Begins.</summary>
    public FilesBackup(FilesPlan plan, string version, FilesBase? on, HostContext host)
    {
        (_plan, _version, _on) = (plan, version, on);
        for (int place = 0; place < plan.Paths.Count; place++) Add(place, host);
    }

    /// <inheritdoc/>
    public IReadOnlyList<IArtifactSource> Artifacts => _artifacts;

    /// <summary>Name of the archive of the folder at a place in the plan.</summary>
    public static string ArchiveOf(FilesPlan plan, int place) => StemOf(plan, place) + ".tar";

    /// <inheritdoc/>
    public Task<ComponentFacts> CompleteAsync(CancellationToken ct) => Task.FromResult(new ComponentFacts
    {
        Component = _plan.Name,
        Type = _plan.Type,
        Source = string.Join(", ", _plan.Paths),
        Files = new FilesFacts { ToolVersion = _version, Folders = [.. _archives.Select((a, place) => _on is null ? a.Facts : a.Facts with { Index = IndexOf(_plan, place) })], Chain = _on?.Chain.Count > 0 ? _on.Chain : null },
        Warnings = [.. _archives.SelectMany(a => a.Warnings)],
        Missing = _archives.Any(a => a.Missing is not null) ? [.. _archives.Select(a => a.Missing).OfType<string>()] : null,
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var changes in _changes) changes.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string StemOf(FilesPlan plan, int place) => plan.Paths.Count == 1 ? plan.Name : string.Create(CultureInfo.InvariantCulture, $"{plan.Name}.{place + 1}");

    private static string IndexOf(FilesPlan plan, int place) => StemOf(plan, place) + ".index";

    private void Add(int place, HostContext host)
    {
        string folder = _plan.Paths[place];
        if (_on is null)
        {
            _archives.Add(new FolderArtifact(ArchiveOf(_plan, place), folder, _plan, host));
            _artifacts.Add(_archives[^1]);
            return;
        }

        Directory.CreateDirectory(_on.WorkOf(place));
        bool full = _on.Chain.Count == 0;
        var changes = new FolderChanges(host, _plan, folder, _on.WorkOf(place), full ? null : _on.Indexes[place], _on.Chain.Count);
        var archive = new FolderArtifact(ArchiveOf(_plan, place), folder, _plan, host, changes);
        _changes.Add(changes);
        _archives.Add(archive);
        _artifacts.AddRange([archive, new ListArtifact(IndexOf(_plan, place), ListArtifact.Index, changes.Index, archive.WriteIndexAsync)]);
        if (!full) _artifacts.Add(new ListArtifact(StemOf(_plan, place) + ".gone", ListArtifact.Gone, changes.Gone));
    }
}
