using System.Text.Json;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>
/// Looks after the volumes of services that are stopped and started: one that is gone would come back empty, and nobody would notice before the
/// users do. A volume is known by the moment it was made, not only by its name.
/// </summary>
internal sealed class VolumeWatch(HostContext host)
{
    private readonly ContainerEngine _engine = new(host);

    /// <summary>Volumes of these services → when they were made.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: one is gone.</exception>
    public async Task<IReadOnlyDictionary<string, string>> LookAsync(IReadOnlyList<ComposeService> services, CancellationToken ct)
    {
        string[] names = [.. services.SelectMany(s => s.Containers).SelectMany(c => c.Mounts).Select(m => m.Volume).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var there = await _engine.VolumesAsync(names, ct).ConfigureAwait(false);
        string[] gone = [.. names.Except(there, StringComparer.Ordinal), .. await FoldersGoneAsync(services, ct).ConfigureAwait(false)];
        if (gone.Length > 0) throw Gone(gone);
        var made = new Dictionary<string, string>(StringComparer.Ordinal);
        if (names.Length == 0) return made;
        using JsonDocument document = JsonDocument.Parse(await _engine.RunAsync(ct, ["volume", "inspect", .. names]).ConfigureAwait(false));
        foreach (JsonElement volume in document.RootElement.EnumerateArray())
            made[volume.GetProperty("Name").GetString()!] = volume.TryGetProperty("CreatedAt", out JsonElement moment) ? moment.ToString() : "";
        return made;
    }

    /// <summary>Makes sure that the very same volumes are there.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: one is gone, or another one under its name.</exception>
    public async Task RequireSameAsync(IReadOnlyDictionary<string, string> before, IReadOnlyList<ComposeService> services, CancellationToken ct)
    {
        var now = await LookAsync(services, ct).ConfigureAwait(false);
        string[] other = [.. before.Where(v => now.GetValueOrDefault(v.Key) != v.Value).Select(v => v.Key)];
        if (other.Length > 0) throw Gone(other);
    }

    /// <summary>Folders and files of the host: the engine would make an empty folder of each that is missing.</summary>
    private async Task<IEnumerable<string>> FoldersGoneAsync(IReadOnlyList<ComposeService> services, CancellationToken ct)
    {
        string[] folders = [.. services.SelectMany(s => s.Containers).SelectMany(c => c.Mounts).Where(m => m.Type == "bind").Select(m => m.Source).Distinct(StringComparer.Ordinal)];
        string? known = services.SelectMany(s => s.Containers).Select(c => c.Labels.GetValueOrDefault(ComposeLabels.Folder)).FirstOrDefault();
        return folders.Length > 0 && await _engine.IsHereAsync(known, ct).ConfigureAwait(false) ? folders.Where(f => !Path.Exists(f)) : [];
    }

    private static DrpException Gone(string[] names) => new(DrpError.UnsafeTarget, Text.Of(OrchestrationTexts.VolumesGone, string.Join(", ", names))) { Subject = names[0], Hint = OrchestrationTexts.VolumesGoneHint };
}
