using System.Security.Cryptography;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// JSON files that carry their own SHA-256: the digest of the file's bytes with the 64 hex characters of the digest replaced by zeros. The digest
/// stands alone on a line <c>  "digest": "…"</c> (two spaces: top level), so anybody can check it:
/// <c>sed -E 's/^(  "digest": ")[0-9a-f]{64}"/\1000…0"/' manifest.json | sha256sum</c>.
/// </summary>
internal static class SelfDigest
{
    /// <summary>What the digest is while it is computed; also “the record before” of the first record of a ledger.</summary>
    public static readonly string Zeros = new('0', Length);

    private const int Length = 64;

    // A raw line feed cannot stand inside a JSON string, so only the property of the top level looks like this.
    private static ReadOnlySpan<byte> Marker => "\n  \"digest\": \""u8;

    /// <summary>Fills in the digest.</summary>
    /// <param name="json">Indented JSON with <see cref="Zeros"/> as its digest.</param>
    public static (byte[] Bytes, string Digest) Seal(ReadOnlySpan<byte> json)
    {
        // Line ends are the same on every system; a carriage return inside a string is escaped.
        byte[] bytes = new byte[json.Length + 1];
        int length = 0;
        foreach (byte b in json)
        {
            if (b != (byte)'\r')
            {
                bytes[length++] = b;
            }
        }

        bytes[length++] = (byte)'\n';
        Array.Resize(ref bytes, length);
        int at = Find(bytes);
        if (at < 0)
        {
            throw new ArgumentException("No line with a digest.", nameof(json));
        }

        string digest = Of(bytes);
        System.Text.Encoding.ASCII.GetBytes(digest, bytes.AsSpan(at, Length));
        return (bytes, digest);
    }

    /// <summary>Compares the digest inside with the bytes.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="digest">The digest the file claims; null when there is none.</param>
    /// <returns>True when the file is as it was written.</returns>
    public static bool Check(ReadOnlySpan<byte> bytes, out string? digest)
    {
        int at = Find(bytes);
        digest = at < 0 ? null : System.Text.Encoding.ASCII.GetString(bytes.Slice(at, Length));
        if (digest is null)
        {
            return false;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(bytes[..at]);
        hash.AppendData(System.Text.Encoding.ASCII.GetBytes(Zeros));
        hash.AppendData(bytes[(at + Length)..]);
        return string.Equals(Hex(hash.GetHashAndReset()), digest, StringComparison.Ordinal);
    }

    /// <summary>SHA-256 of bytes as lower-case hex.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Hex(SHA256.HashData(bytes));

#pragma warning disable CA1308 // Hex digits of digests are lower-case everywhere, as sha256sum prints them.
    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
#pragma warning restore CA1308

    private static int Find(ReadOnlySpan<byte> bytes)
    {
        int at = bytes.IndexOf(Marker);
        if (at < 0 || at + Marker.Length + Length >= bytes.Length || bytes[at + Marker.Length + Length] != (byte)'"')
        {
            return -1;
        }

        return at + Marker.Length;
    }
}
