using System.Security.Cryptography;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>SHA-256 in the one form used everywhere: 64 lower-case hex digits.</summary>
internal static class Digests
{
    /// <summary>Digest of bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Hex(SHA256.HashData(bytes));

    /// <summary>Hex form of a digest.</summary>
    public static string Hex(ReadOnlySpan<byte> digest) => Convert.ToHexString(digest).ToLowerInvariant();
}
