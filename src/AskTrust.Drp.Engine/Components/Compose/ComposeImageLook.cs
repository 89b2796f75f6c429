using System.Text.Json;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.Compose;

/// <summary>What the images of a project are, and whether their registry still has them.</summary>
internal sealed class ComposeImageLook(HostContext host)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>What podman calls the registry of images that were built or loaded here.</summary>
    private const string OfNobody = "localhost/";

    /// <summary>What registries say of what they do not have, or not for us.</summary>
    private static readonly string[] s_gone = ["no such manifest", "manifest unknown", "not found", "denied", "unauthorized"];

    private readonly ContainerEngine _engine = new(host);

    /// <summary>Completes the services.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: the engine does not answer.</exception>
    public async Task<ComposeFacts> LookAsync(ComposeFacts compose, CancellationToken ct)
    {
        // What runs says best which image a service has: one that is built has no name in the file.
        ComposeStack? stack = await new ComposeServices(host).TryReadAsync(compose.Project, ct).ConfigureAwait(false);
        var running = stack?.Services.ToDictionary(s => s.Name, s => s.Containers[0].Image, StringComparer.Ordinal) ?? [];
        ComposeServiceFacts[] services = [.. compose.Services.Select(s => s with { Image = s.Image ?? running.GetValueOrDefault(s.Name) })];
        string[] images = [.. services.Select(s => s.Image).OfType<string>().Distinct(StringComparer.Ordinal)];
        var known = (await Task.WhenAll(images.Select(i => OneAsync(i, ct))).ConfigureAwait(false)).ToDictionary(i => i.Image, StringComparer.Ordinal);
        return compose with { Services = [.. services.Select(s => s.Image is not null && known[s.Image] is var k ? s with { ImageId = k.Id, Digest = k.Digest, CanBePulled = k.CanBePulled } : s)] };
    }

    private async Task<(string Image, string? Id, string? Digest, bool? CanBePulled)> OneAsync(string image, CancellationToken ct)
    {
        ProcessResult here = await _engine.TryAsync(null, ct, "image", "inspect", "--format", "{{.Id}} {{json .RepoDigests}}", "--", image).ConfigureAwait(false);
        if (!here.Ok && !ContainerEngine.IsMissing(here)) throw _engine.Failed(here, image);
        string[] words = here.Text.Trim().Split(' ', 2);
        string? digest = here.Ok && words.Length == 2 && JsonSerializer.Deserialize<string[]>(words[1]) is [var first, ..] && !first.StartsWith(OfNobody, StringComparison.Ordinal) ? first : null;
        return (image, here.Ok ? words[0] : null, digest, digest is not null ? await CanBePulledAsync(digest, ct).ConfigureAwait(false) : here.Ok ? false : null);
    }

    private async Task<bool?> CanBePulledAsync(string digest, CancellationToken ct)
    {
        try
        {
            // The engine asks a registry of this machine for no certificate; its program has to be told.
            bool local = digest.StartsWith("127.", StringComparison.Ordinal) || digest.StartsWith("localhost:", StringComparison.Ordinal);
            ProcessResult manifest = await _engine.TryAsync(s_patience, ct, ["manifest", "inspect", .. local ? [_engine.Program == "podman" ? "--tls-verify=false" : "--insecure"] : Array.Empty<string>(), digest]).ConfigureAwait(false);
            return manifest.Ok ? true : Array.Exists(s_gone, g => manifest.Errors.Contains(g, StringComparison.OrdinalIgnoreCase)) ? false : null;
        }
        catch (DrpException e) when (e.Code == DrpError.Unreachable)
        {
            // No answer within the time.
            return null;
        }
    }
}
