using System.Security.Cryptography;
using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>What lies in the sets of directory repositories, byte for byte: to see whether a run harmed what was there before it.</summary>
internal sealed class RepositoryBytes
{
    private readonly Scene _scene;
    private readonly Dictionary<(string Repository, string Set), Dictionary<string, string>> _sets = [];

    private RepositoryBytes(Scene scene) => _scene = scene;

    /// <summary>Reads every set that has a manifest.</summary>
    public static RepositoryBytes Read(Scene scene)
    {
        var bytes = new RepositoryBytes(scene);
        foreach (string repository in (string[])["one", "two"])
        {
            foreach (string id in Sets(scene, repository)) bytes._sets[(repository, id)] = Files(scene, repository, id);
        }

        return bytes;
    }

    /// <summary>Ids of the sets that list.</summary>
    public static IReadOnlyList<string> Sets(Scene scene, string repository)
    {
        string folder = scene.Folder[repository, "shop", "sets"];
        return Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Where(IsListed).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)] : [];
    }

    /// <summary>True when every copy of the set that is there now was there then.</summary>
    public bool Has(string id) => ((string[])["one", "two"]).All(r => _sets.ContainsKey((r, id)) || !IsListed(_scene.Folder[r, "shop", "sets", id]));

    /// <summary>Says what changed since; sets that may go must either be whole or have no manifest any more.</summary>
    public IReadOnlyList<string> Harm(Func<string, bool> mayGo)
    {
        List<string> harm = [];
        foreach (var ((repository, id), before) in _sets)
        {
            bool there = IsListed(_scene.Folder[repository, "shop", "sets", id]);
            if (!there && mayGo(id)) continue;
            // Deletion begins with the second copy of the manifest: without it the set is whole still.
            if (mayGo(id)) before.Remove("manifest.json.copy");
            var now = there ? Files(_scene, repository, id) : [];
            harm.AddRange(before.Where(f => now.GetValueOrDefault(f.Key) != f.Value).Select(f => $"{repository}:{id}/{f.Key}"));
        }

        return harm;
    }

    private static bool IsListed(string folder) => File.Exists(Path.Join(folder, "manifest.json")) || File.Exists(Path.Join(folder, "manifest.json.copy"));

    private static Dictionary<string, string> Files(Scene scene, string repository, string id) =>
        Directory.EnumerateFiles(scene.Folder[repository, "shop", "sets", id]).ToDictionary(f => Path.GetFileName(f), f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))), StringComparer.Ordinal);
}
