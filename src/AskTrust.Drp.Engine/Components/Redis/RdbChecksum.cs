namespace AskTrust.Drp.Engine.Components.Redis;

/// <summary>The checksum at the end of an RDB: CRC-64 with Jones' polynomial, bits reflected, beginning with zero.</summary>
internal static class RdbChecksum
{
    private static readonly ulong[] s_table = Make();

    /// <summary>The checksum of what came before and these bytes.</summary>
    public static ulong Add(ulong crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes) crc = s_table[(byte)crc ^ b] ^ (crc >> 8);
        return crc;
    }

    private static ulong[] Make()
    {
        var table = new ulong[256];
        for (int i = 0; i < table.Length; i++)
        {
            ulong crc = (ulong)i;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x95AC9329AC4BC9B5 : crc >> 1;
            table[i] = crc;
        }

        return table;
    }
}
