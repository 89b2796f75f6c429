using System.Globalization;
using System.Net;
using System.Text;

namespace AskTrust.Drp.Engine.Orchestration.Maintenance;

/// <summary>An address or network as a pattern for nginx's <c>$binary_remote_addr</c>: inside a server block nginx knows no other way to ask for a network.</summary>
internal static class AddressPattern
{
    /// <summary>The pattern.</summary>
    /// <param name="network">An address, or one with a length: <c>203.0.113.0/24</c>, <c>2001:db8::/32</c>.</param>
    public static string Of(string network)
    {
        string[] parts = network.Split('/');
        byte[] bytes = IPAddress.Parse(parts[0]).GetAddressBytes();
        int bits = parts.Length == 2 ? int.Parse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture) : bytes.Length * 8;
        var pattern = new StringBuilder("^(?s:");
        for (int i = 0; i < bytes.Length; i++)
        {
            int fixedBits = Math.Clamp(bits - (i * 8), 0, 8);
            byte mask = (byte)(0xFF << (8 - fixedBits));
            byte first = (byte)(bytes[i] & mask), last = (byte)(first | (byte)~mask);
            pattern.Append(fixedBits switch { 8 => Hex(first), 0 => ".", _ => $"[{Hex(first)}-{Hex(last)}]" });
        }

        // The length tells the two families apart. nginx takes a backslash before a letter as it stands.
        return pattern.Append(")$").ToString();
    }

    private static string Hex(byte value) => string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}");
}
