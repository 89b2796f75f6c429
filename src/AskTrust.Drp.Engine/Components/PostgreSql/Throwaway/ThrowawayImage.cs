using System.Text.Json;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;

/// <summary>The image a throw-away container is made of.</summary>
/// <param name="Id">What to run: always the exact image, never a tag that may have moved.</param>
/// <param name="Reference">For people.</param>
/// <param name="Digest">For people and evidence.</param>
/// <param name="Command">Its command.</param>
/// <param name="Warnings">When it is not production's.</param>
internal sealed record ThrowawayImage(string Id, string Reference, string Digest, IReadOnlyList<string> Command, IReadOnlyList<string> Warnings)
{
    /// <summary>Finds production's image by digest, else by reference, on this machine; nothing is pulled without the operator's word.</summary>
    /// <param name="host">The host.</param>
    /// <param name="docker">The program.</param>
    /// <param name="image">Image reference; null = none known.</param>
    /// <param name="digest">Repository digest or image id of production's image; null = not known.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: the image is not here; says how to get it.</exception>
    public static async Task<ThrowawayImage> ChooseAsync(HostContext host, string docker, string? image, string? digest, CancellationToken ct)
    {
        string? repository = image is null ? null : Repository(image);
        (string? Reference, bool Exact)[] candidates = [(digest is not null && repository is not null ? $"{repository}@{digest}" : null, true), (digest, true), (image, digest is null)];
        foreach (var (candidate, exact) in candidates)
        {
            if (candidate is null) continue;
            ProcessResult found = await host.Processes.RunAsync(new Command(docker, "image", "inspect", "--", candidate), ct).ConfigureAwait(false);
            if (!found.Ok) continue;
            using var document = JsonDocument.Parse(found.Output);
            JsonElement root = document.RootElement[0];
            string id = root.GetProperty(nameof(Id)).GetString()!;
            string[] command = root.GetProperty("Config").TryGetProperty("Cmd", out JsonElement cmd) && cmd.ValueKind == JsonValueKind.Array ? [.. cmd.EnumerateArray().Select(c => c.GetString()!)] : [];
            string real = root.TryGetProperty("RepoDigests", out JsonElement digests) && digests.ValueKind == JsonValueKind.Array && digests.GetArrayLength() > 0 && digests[0].GetString() is { } first
                ? first[(first.IndexOf('@', StringComparison.Ordinal) + 1)..] : id;
            return new(id, image ?? candidate, real, command, exact || real == digest || id == digest ? [] : [Text.Of(ThrowawayTexts.OtherImage, image, digest, real)]);
        }

        string wanted = image ?? digest ?? ThrowawayTexts.None;
        throw new DrpException(DrpError.Unreachable, Text.Of(ThrowawayTexts.ImageMissing, wanted))
        {
            Hint = Text.Of(ThrowawayTexts.ImageMissingHint, docker, digest is not null && repository is not null && image != digest ? $"{repository}@{digest}" : wanted), Subject = wanted,
        };
    }

    /// <summary>Reference without tag and digest; a port of the registry is no tag.</summary>
    internal static string Repository(string image)
    {
        int at = image.IndexOf('@', StringComparison.Ordinal);
        string name = at < 0 ? image : image[..at];
        int colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[..colon] : name;
    }
}
