using System.Text.Json;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// Summaries of manifests read before, one file for each repository in the state directory. Only a convenience: it may be deleted at any time, and a
/// line that cannot be read is as good as none. An entry counts only while the manifest object has the size and time it had when it was read.
/// </summary>
internal sealed class SummaryCache
{
    private const int Version = 2;
    private readonly string _file;
    private readonly Dictionary<string, SummaryLine> _lines = new(StringComparer.Ordinal);
    private string? _location;

    private SummaryCache(string file) => _file = file;

    /// <summary>Reads the cache of a repository, which need not be open yet.</summary>
    public static SummaryCache Load(CatalogContext catalog, IRepository repository)
    {
        SummaryCache cache = new(Path.Combine(catalog.StateFolder, "cache", $"{SelfDigest.Of(System.Text.Encoding.UTF8.GetBytes(repository.Name))[..16]}.jsonl"));
        cache.Load();
        return cache;
    }

    /// <summary>Says where the repository is: what was read of another place does not count.</summary>
    public SummaryCache At(string location)
    {
        if (location != _location)
        {
            _lines.Clear();
        }

        _location = location;
        return this;
    }

    /// <summary>The summary of a manifest object, when it was read before.</summary>
    public SetSummary? Find(SetId id, StoredObject manifest) =>
        _lines.TryGetValue(id.ToString(), out SummaryLine? line) && Keys.IsNamed(manifest.Key, line.File) && line.Size == manifest.Size && line.Modified == manifest.Modified
            ? line.Summary
            : null;

    /// <summary>Replaces the file when something changed.</summary>
    /// <param name="seen">Everything in the repository now.</param>
    /// <param name="host">Listens; a cache that cannot be written is no failure.</param>
    public void Save(IReadOnlyCollection<SummaryLine> seen, HostContext host)
    {
        if (seen.Count == _lines.Count && seen.All(l => _lines.TryGetValue(l.Id, out SummaryLine? old) && ReferenceEquals(old.Summary, l.Summary)))
        {
            return;
        }

        string temporary = $"{_file}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 64 * 1024))
            {
                JsonSerializer.Serialize(stream, new SummaryHeader(Version, _location!), CatalogJson.Lines.SummaryHeader);
                stream.WriteByte((byte)'\n');
                foreach (SummaryLine line in seen)
                {
                    JsonSerializer.Serialize(stream, line, CatalogJson.Lines.SummaryLine);
                    stream.WriteByte((byte)'\n');
                }
            }

            File.Move(temporary, _file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            host.Say(DrpEventLevel.Verbose, Text.Of(CatalogTexts.CacheNotWritten, _file, e.Message));
            Forget(temporary);
        }
    }

    private void Load()
    {
        try
        {
            using FileStream stream = new(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            LineReader lines = new(stream);
            if (!lines.MoveNext() || Read(lines.Current, CatalogJson.Lines.SummaryHeader) is not { Version: Version } header)
            {
                return;
            }

            _location = header.Location;

            while (lines.MoveNext())
            {
                if (Read(lines.Current, CatalogJson.Lines.SummaryLine) is { Id: not null, File: not null, Summary: { Components: not null, Artifacts: not null, Warnings: not null } } line)
                {
                    _lines[line.Id] = line;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No cache: every manifest is read.
            _lines.Clear();
        }
    }

    private static T? Read<T>(ReadOnlySpan<byte> line, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return line.IsEmpty ? null : JsonSerializer.Deserialize(line, type);
        }
        catch (JsonException)
        {
            // A damaged line is no line.
            return null;
        }
    }

    private static void Forget(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder cannot be written to, which was said already.
        }
    }
}
