namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>As much of the OpenPGP format (RFC 4880, 9580) as recognising it takes.</summary>
internal static class OpenPgp
{
    /// <summary>True when the first bytes are those of an encrypted message, binary or armoured.</summary>
    public static bool LooksEncrypted(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("-----BEGIN PGP MESSAGE"u8)) return true;
        if (start.Length < 4 || (start[0] & 0x80) == 0) return false;
        bool newForm = (start[0] & 0x40) != 0;
        int tag = newForm ? start[0] & 0x3F : (start[0] >> 2) & 0x0F;
        // Behind the length of the first packet (session key for a key: 1, for a passphrase: 3) comes its version.
        int version = newForm
            ? start[1] < 192 ? start[2] : start[1] < 224 ? start[3] : 0
            : (start[0] & 3) switch { 0 => start[2], 1 => start[3], _ => 0 };
        return tag == 1 ? version is 2 or 3 or 6 : tag == 3 && version is 4 or 5 or 6;
    }
}
