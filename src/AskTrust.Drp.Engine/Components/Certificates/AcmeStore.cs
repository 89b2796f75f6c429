using System.Text;
using System.Text.Json;

namespace AskTrust.Drp.Engine.Components.Certificates;

/// <summary>Traefik's <c>acme.json</c>: certificates and keys of each resolver (version 2 and later), or of the only one (version 1).</summary>
internal static class AcmeStore
{
    /// <summary>Reads the store; one <see cref="CertificateFile"/> for each of its certificates, none when it is empty or another kind of JSON.</summary>
    public static IReadOnlyList<CertificateFile> Read(string path, byte[] bytes)
    {
        List<CertificateFile> files = [];
        try
        {
            // Traefik makes the file empty before it has asked for anything.
            if (bytes.Length == 0) return files;
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return files;
            foreach (JsonElement list in Lists(document.RootElement))
            {
                foreach (JsonElement entry in list.EnumerateArray())
                {
                    if (entry.ValueKind != JsonValueKind.Object || Find(entry, "certificate")?.GetString() is not { } certificate) continue;
                    string name = Find(entry, "domain") is { ValueKind: JsonValueKind.Object } domain ? Find(domain, "main")?.GetString() ?? "" : "";
                    string key = Find(entry, "key")?.GetString() ?? "";
                    files.Add(CertificateFile.FromPem($"{path}#{name}", "acme", Text(certificate) + "\n" + Text(key)));
                }
            }
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            files.Add(CertificateFile.Bad(path, "acme", CertificateFlaw.Damaged, e.Message));
        }

        return files;
    }

    private static IEnumerable<JsonElement> Lists(JsonElement root)
    {
        if (List(root) is { } only) yield return only;
        foreach (JsonProperty resolver in root.EnumerateObject())
        {
            if (resolver.Value.ValueKind == JsonValueKind.Object && List(resolver.Value) is { } list) yield return list;
        }
    }

    private static JsonElement? List(JsonElement of) => Find(of, "certificates") is { ValueKind: JsonValueKind.Array } list ? list : null;

    private static string Text(string base64) => Encoding.ASCII.GetString(Convert.FromBase64String(base64));

    // Version 1 wrote “Certificate”, version 2 writes “certificate”.
    private static JsonElement? Find(JsonElement of, string name)
    {
        foreach (JsonProperty property in of.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return property.Value;
        }

        return null;
    }
}
