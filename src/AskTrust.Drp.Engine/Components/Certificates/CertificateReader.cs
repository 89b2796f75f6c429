using System.Text;

namespace AskTrust.Drp.Engine.Components.Certificates;

/// <summary>Finds certificates in files and folders: PEM, DER, PKCS#12, and the stores of certbot, Caddy and Traefik.</summary>
internal static class CertificateReader
{
    /// <summary>Longest file looked into: keys and chains are small, an ACME store of hundreds of hosts has a few MiB.</summary>
    private const long Longest = 64L << 20;

    private static readonly string[] s_extensions = [".pem", ".crt", ".cer", ".cert", ".der", ".key", ".p12", ".pfx", ".jks"];

    /// <summary>Names of the files that are looked into, as patterns of find and the shell, without regard to case.</summary>
    public static IEnumerable<string> Patterns => [.. s_extensions.Select(e => "*" + e), "acme*.json"];

    /// <summary>True for the names of private keys and of files that may hold one.</summary>
    public static bool HoldsKey(string file, ReadOnlySpan<byte> start) =>
        IsAcmeStore(file) || Path.GetExtension(file).ToLowerInvariant() is ".key" or ".p12" or ".pfx" or ".jks" || start.IndexOf("PRIVATE KEY-----"u8) >= 0;

    /// <summary>Reads everything.</summary>
    /// <param name="paths">Files and folders.</param>
    /// <param name="password">Password of PKCS#12 files; null = none.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>One entry for each certificate that is not only an issuer of another, and one for each file that could not be read.</returns>
    public static async Task<IReadOnlyList<CertificateFacts>> ReadAsync(IReadOnlyList<string> paths, string? password, CancellationToken ct)
    {
        List<CertificateFile> files = [];
        try
        {
            foreach (string path in paths)
            {
                if (Directory.Exists(path)) foreach (string file in Files(path).Order(StringComparer.Ordinal)) files.AddRange(await FileAsync(file, password, ct).ConfigureAwait(false));
                else files.AddRange(await FileAsync(path, password, ct).ConfigureAwait(false));
            }

            return CertificateGroups.Join(files);
        }
        finally
        {
            foreach (var certificate in files.SelectMany(f => f.Certificates)) certificate.Dispose();
        }
    }

    /// <summary>Reads files that are in memory already, from a place that is not of this machine.</summary>
    /// <param name="files">Each path, and its bytes; null = it cannot be read.</param>
    /// <param name="roots">Where they were looked for.</param>
    /// <param name="password">Password of PKCS#12 files; null = none.</param>
    public static IReadOnlyList<CertificateFacts> Read(IReadOnlyDictionary<string, byte[]?> files, IReadOnlyList<string> roots, string? password)
    {
        string[] history =
        [
            .. roots.Select(r => r.TrimEnd('/')).Where(r => files.Keys.Any(f => f.StartsWith(r + "/live/", StringComparison.Ordinal))).Select(r => r + "/archive/"),
        ];
        CertificateFile[] read =
        [
            .. files.Where(f => !history.Any(h => f.Key.StartsWith(h, StringComparison.Ordinal))).OrderBy(f => f.Key, StringComparer.Ordinal)
                .SelectMany(f => f.Value is { } bytes ? Content(f.Key, bytes, password) : [CertificateFile.Bad(f.Key, FormatOf(f.Key), CertificateFlaw.Unreadable, null)]),
        ];
        try
        {
            return CertificateGroups.Join(read);
        }
        finally
        {
            foreach (var certificate in read.SelectMany(f => f.Certificates)) certificate.Dispose();
        }
    }

    private static bool IsAcmeStore(string file) => Path.GetFileName(file) is var name && name.StartsWith("acme", StringComparison.OrdinalIgnoreCase) && name.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Files(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None };
        string? history = History(folder);
        IEnumerator<string> walk = Directory.EnumerateFiles(folder, "*", options).GetEnumerator();
        using (walk)
        {
            while (walk.MoveNext())
            {
                string file = walk.Current;
                if (!s_extensions.Contains(Path.GetExtension(file).ToLowerInvariant(), StringComparer.Ordinal) && !IsAcmeStore(file)) continue;
                if (history is not null && file.StartsWith(history, StringComparison.Ordinal)) continue;
                yield return file;
            }
        }
    }

    /// <summary>Certbot keeps every certificate there ever was in <c>archive</c>, and links to those of today in <c>live</c>.</summary>
    private static string? History(string folder)
    {
        string archive = Path.Join(folder, "archive");
        return Directory.Exists(archive) && Directory.Exists(Path.Join(folder, "live")) ? archive + Path.DirectorySeparatorChar : null;
    }

    private static async Task<IReadOnlyList<CertificateFile>> FileAsync(string path, string? password, CancellationToken ct)
    {
        try
        {
            if (new FileInfo(path).Length > Longest) return [CertificateFile.Bad(path, FormatOf(path), CertificateFlaw.Damaged, null)];
            return Content(path, await File.ReadAllBytesAsync(path, ct).ConfigureAwait(false), password);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [CertificateFile.Bad(path, FormatOf(path), CertificateFlaw.Unreadable, e.Message)];
        }
    }

    private static string FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".p12" or ".pfx" => "pkcs12",
        ".jks" => "jks",
        _ => IsAcmeStore(path) ? "acme" : "pem",
    };

    private static IReadOnlyList<CertificateFile> Content(string path, byte[] bytes, string? password) => FormatOf(path) switch
    {
        "jks" => [CertificateFile.Bad(path, "jks", CertificateFlaw.Unsupported, null)],
        "pkcs12" => [CertificateFile.FromPkcs12(path, bytes, password)],
        "acme" => AcmeStore.Read(path, bytes),
        // A certificate in binary form begins with the tag of a sequence.
        _ => [bytes is [0x30, ..] ? CertificateFile.FromDer(path, bytes) : CertificateFile.FromPem(path, "pem", Encoding.Latin1.GetString(bytes))],
    };
}
