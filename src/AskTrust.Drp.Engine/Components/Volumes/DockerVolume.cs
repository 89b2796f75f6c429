using System.Text.Json;
using AskTrust.Drp.Engine.Components.Containers;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.Volumes;

/// <summary>A volume as the engine knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Driver">Its driver.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Options">Names of its driver's options.</param>
/// <param name="Users">Containers that have it, running or not.</param>
internal sealed record DockerVolume(string Name, string Driver, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<string> Options, IReadOnlyList<ContainerFacts> Users)
{
    /// <summary>Where it is in helper containers.</summary>
    public const string Folder = "/drp-volume";

    /// <summary>Looks for it.</summary>
    /// <returns>Null when there is none of that name.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: the engine does not answer.</exception>
    public static async Task<DockerVolume?> FindAsync(HostContext host, string name, CancellationToken ct)
    {
        var engine = new ContainerEngine(host);
        ProcessResult result = await engine.TryAsync(null, ct, "volume", "inspect", name).ConfigureAwait(false);
        if (!result.Ok && result.Errors.Contains("o such volume", StringComparison.OrdinalIgnoreCase)) return null;
        if (!result.Ok) throw engine.Failed(result, name);
        using JsonDocument document = JsonDocument.Parse(result.Output);
        JsonElement found = document.RootElement[0];
        var users = await engine.InspectAsync(await engine.IdsAsync(ct, $"volume={name}").ConfigureAwait(false), ct).ConfigureAwait(false);
        return new DockerVolume(name, found.GetProperty(nameof(Driver)).GetString() ?? "local", Pairs(found, nameof(Labels)), [.. Pairs(found, nameof(Options)).Keys.Order(StringComparer.Ordinal)],
            [.. users.Where(u => u.Labels.GetValueOrDefault(PostgreSql.Physical.SideContainer.Label) is null)]);
    }

    /// <summary>The same, which has to be there.</summary>
    public static async Task<DockerVolume> RequireAsync(HostContext host, string name, CancellationToken ct) => await FindAsync(host, name, ct).ConfigureAwait(false)
        ?? throw new DrpException(DrpError.Unreachable, Text.Of(VolumeTexts.NoVolume, name)) { Subject = name, Hint = VolumeTexts.NoVolumeHint };

    /// <summary>The image to work on it with: the one asked for, else that of a container with the volume, else one that is known from before.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: nobody has named one.</exception>
    public string Image(string? asked, string? known = null) => asked ?? Users.OrderByDescending(u => u.IsRunning).ThenByDescending(u => u.Created).FirstOrDefault()?.ImageId ?? known
        ?? throw new DrpException(DrpError.PlanInvalid, Text.Of(VolumeTexts.NoImage, Name)) { Subject = Name, Hint = VolumeTexts.NoImageHint };

    /// <summary>First line of the version of the tar inside, and whether it is GNU's.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there is none.</exception>
    public static async Task<(string Version, bool IsGnu)> TarAsync(PlaceShell shell, string image, CancellationToken ct)
    {
        string said = await shell.RunAsync("tar --version 2>&1 | head -n 1; command -v tar >/dev/null || echo none", ct).ConfigureAwait(false);
        if (said.EndsWith("none", StringComparison.Ordinal)) throw new DrpException(DrpError.Unreachable, Text.Of(VolumeTexts.NoTar, image)) { Subject = image, Hint = VolumeTexts.NoImageHint };
        string first = said.Split('\n')[0].Trim();
        return (first, first.Contains("GNU tar", StringComparison.Ordinal));
    }

    private static Dictionary<string, string> Pairs(JsonElement of, string name) => of.TryGetProperty(name, out JsonElement found) && found.ValueKind == JsonValueKind.Object
        ? found.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString() ?? "", StringComparer.Ordinal)
        : new Dictionary<string, string>(StringComparer.Ordinal);
}
