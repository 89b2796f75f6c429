using System.Buffers.Binary;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Formats of a dump.</summary>
internal enum DumpFormat
{
    /// <summary>An archive for pg_restore in custom format.</summary>
    Archive,

    /// <summary>An archive for pg_restore in tar format: it can only be read from one end to the other.</summary>
    Tar,

    /// <summary>SQL for psql.</summary>
    Script,
}

/// <summary>Tells the format by the first bytes, never by the file name.</summary>
internal static class DumpFormats
{
    /// <summary>How many bytes must be looked at.</summary>
    public const int HeadSize = 8192;

    /// <summary>The header of a dump of one database by pg_dump.</summary>
    public static ReadOnlySpan<byte> ScriptHeader => "-- PostgreSQL database dump"u8;

    private static ReadOnlySpan<byte> ClusterHeader => "-- PostgreSQL database cluster dump"u8;

    /// <summary>Recognises the format.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: empty, compressed, encrypted, of a whole cluster or something else.</exception>
    public static DumpFormat Recognise(ReadOnlySpan<byte> head, string name)
    {
        if (head.Length == 0) throw Refuse(name, RestoreTexts.DumpEmpty, null);
        if (head.StartsWith("PGDMP"u8)) return DumpFormat.Archive;
        if (head.Length > 262 && head[257..262].SequenceEqual("ustar"u8))
            return head.StartsWith("toc.dat\0"u8) ? DumpFormat.Tar : throw Refuse(name, RestoreTexts.DumpUnknown, RestoreTexts.DumpUnknownHint);
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) || head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) || head.StartsWith("BZh"u8) || head.StartsWith("\xfd7zXZ"u8))
            throw Refuse(name, RestoreTexts.DumpCompressed, RestoreTexts.DumpCompressedHint);
        if (head.StartsWith("-----BEGIN PGP"u8)) throw Refuse(name, RestoreTexts.DumpEncrypted, RestoreTexts.DumpEncryptedHint);
        // UTF-16, as a redirection on Windows writes it; psql cannot read it.
        if (head.Length > 1 && BinaryPrimitives.ReadUInt16BigEndian(head) is 0xfffe or 0xfeff) throw Refuse(name, RestoreTexts.DumpUtf16, RestoreTexts.DumpUtf16Hint);
        if (head.Contains((byte)0)) throw Refuse(name, RestoreTexts.DumpUnknown, RestoreTexts.DumpUnknownHint);
        if (head.IndexOf(ClusterHeader) >= 0) throw Refuse(name, RestoreTexts.DumpCluster, RestoreTexts.DumpClusterHint);
        return DumpFormat.Script;
    }

    private static DrpException Refuse(string name, string text, string? hint) => new(DrpError.Failed, Text.Of(text, name)) { Hint = hint, Subject = name };
}
