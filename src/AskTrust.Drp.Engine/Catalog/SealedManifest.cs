using System.Text.Json;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>A manifest and its exact bytes: what is signed, copied between repositories and compared.</summary>
internal sealed record SealedManifest
{
    private SealedManifest(Manifest manifest, byte[] bytes) => (Manifest, Bytes) = (manifest, bytes);

    /// <summary>What it says.</summary>
    public Manifest Manifest { get; }

    /// <summary>The file.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>SHA-256 of the whole file, as <c>sha256sum manifest.json</c> prints it.</summary>
    public string Sha256 => SelfDigest.Of(Bytes.Span);

    /// <summary>Turns a manifest into the bytes of <c>manifest.json</c>, digest filled in.</summary>
    public static SealedManifest Seal(Manifest manifest)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(manifest with { Digest = SelfDigest.Zeros }, CatalogJson.Files.Manifest);
        (byte[] bytes, string digest) = SelfDigest.Seal(json);
        return new(manifest with { Digest = digest }, bytes);
    }

    /// <summary>Reads the bytes of a manifest and checks its digest and that it makes sense.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="where">For messages: repository and set.</param>
    /// <param name="id">The set it must be of; null = any (a folder given by hand).</param>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: not what was written; <see cref="DrpError.Failed"/>: a newer format.</exception>
    public static SealedManifest Parse(byte[] bytes, string where, SetId? id)
    {
        Manifest? manifest;
        try
        {
            int format = FormatOf(bytes);
            if (format > Manifest.Chained)
            {
                throw new ManifestTooNewException(Text.Of(CatalogTexts.ManifestTooNew, where, format, Manifest.Chained)) { Hint = CatalogTexts.ManifestTooNewHint, Subject = where };
            }

            manifest = JsonSerializer.Deserialize(bytes, CatalogJson.Files.Manifest);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw Bad(where, CatalogTexts.ManifestUnreadable, e);
        }

        if (manifest is null || !SelfDigest.Check(bytes, out string? digest) || digest != manifest.Digest)
        {
            throw Bad(where, CatalogTexts.ManifestDigestWrong, null);
        }

        manifest = Whole(manifest);
        return Fault(manifest, id) is { } fault ? throw Bad(where, fault, null) : new(manifest, bytes);
    }

    private static int FormatOf(byte[] bytes)
    {
        using JsonDocument json = JsonDocument.Parse(bytes);
        return json.RootElement.GetProperty("format").GetInt32();
    }

    // Lists that a file leaves out come as null from the generated reader.
    private static Manifest Whole(Manifest m) => m with
    {
        Warnings = m.Warnings ?? [],
        Errors = m.Errors ?? [],
        Components = [.. (m.Components ?? []).Select(c => c with
        {
            Warnings = c.Warnings ?? [],
            Files = c.Files is not { } f ? null : f with { Folders = f.Folders ?? [] },
            Certificates = c.Certificates?.Select(x => x with { Names = x.Names ?? [], Subject = x.Subject ?? "", Issuer = x.Issuer ?? "", Fingerprint = x.Fingerprint ?? "" }).ToArray(),
            Compose = c.Compose is not { } s ? null : s with
            {
                Files = s.Files ?? [], Volumes = s.Volumes ?? [], Networks = s.Networks ?? [], Services = [.. (s.Services ?? []).Select(v => v with { Variables = v.Variables ?? [] })],
            },
            PostgreSql = c.PostgreSql is not { } p ? null : p with
            {
                LocaleProvider = p.LocaleProvider ?? "c",
                DatabaseSettings = p.DatabaseSettings ?? [],
                Extensions = p.Extensions ?? new Dictionary<string, string>(StringComparer.Ordinal),
            },
        })],
        Artifacts = m.Artifacts ?? [],
    };

    private static string? Fault(Manifest m, SetId? id)
    {
        if (!SetId.TryParse(m.Id, out SetId own) || (id is { } wanted && own != wanted))
        {
            return Text.Of(CatalogTexts.ManifestOtherSet, m.Id);
        }

        if ((Chains.Of(m.Components) ?? []).FirstOrDefault(l => !SetId.TryParse(l.Set, out SetId before) || before >= own) is { } link)
        {
            return Text.Of(CatalogTexts.ManifestBadChain, link.Set);
        }

        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (BackupArtifact a in m.Artifacts)
        {
            if (!Keys.IsArtifactName(a.Name) || !names.Add(a.Name) || a.Size < 0 || a.PlainSize < 0 || !IsDigest(a.Sha256) || (a.PlainSha256 is null == a.PackedSha256 is null) || !IsDigest(a.PlainSha256 ?? a.PackedSha256!))
            {
                return Text.Of(CatalogTexts.ManifestBadArtifact, a.Name);
            }
        }

        return null;
    }

    private static bool IsDigest(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigit);

    private static DrpException Bad(string where, string why, Exception? cause) =>
        new(DrpError.VerificationFailed, Text.Of(CatalogTexts.ManifestBad, where, why), cause) { Subject = where, Hint = CatalogTexts.ManifestBadHint };
}

/// <summary>A manifest of a format that this version does not know: not damaged, so never to be swept.</summary>
internal sealed class ManifestTooNewException(string message) : DrpException(DrpError.Failed, message);
