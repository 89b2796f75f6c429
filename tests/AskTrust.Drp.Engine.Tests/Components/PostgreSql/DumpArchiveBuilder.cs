using System.Text;

namespace AskTrust.Drp.Engine.Tests.Components.PostgreSql;

/// <summary>Writes archives of pg_dump's custom format as each version of the format has it; servers of those versions are not at hand.</summary>
internal sealed class DumpArchiveBuilder(int minor)
{
    private readonly List<byte[]> _entries = [];
    private readonly MemoryStream _blocks = new();
    private int _id;

    public bool Compressed { get; init; }

    public static byte[] Terminator => "\\.\n\n\n"u8.ToArray();

    public DumpArchiveBuilder Table(string schema, string name, params string[] chunks)
    {
        Entry("TABLE", schema, name, hasData: false);
        int id = Entry("TABLE DATA", schema, name, hasData: true);
        _blocks.WriteByte(1);
        Integer(_blocks, id);
        foreach (byte[] chunk in chunks.Select(Encoding.UTF8.GetBytes).Append(Terminator))
        {
            Integer(_blocks, chunk.Length);
            _blocks.Write(chunk);
        }

        Integer(_blocks, 0);
        return this;
    }

    public DumpArchiveBuilder LargeObjects(params int[] oids)
    {
        int id = Entry("BLOBS", "", "BLOBS", hasData: true);
        _blocks.WriteByte(3);
        Integer(_blocks, id);
        foreach (int oid in oids)
        {
            Integer(_blocks, oid);
            Integer(_blocks, 5);
            _blocks.Write("12\n45"u8);
            Integer(_blocks, 0);
        }

        Integer(_blocks, 0);
        return this;
    }

    public byte[] Build()
    {
        var archive = new MemoryStream();
        archive.Write("PGDMP"u8);
        archive.Write([1, (byte)minor, 0, 4, 8, 1]);
        if (minor >= 15) archive.WriteByte(Compressed ? (byte)1 : (byte)0);
        else Integer(archive, Compressed ? -1 : 0);
        foreach (int part in (int[])[59, 30, 12, 31, 11, 124, 0]) Integer(archive, part);
        String(archive, "db");
        String(archive, "15.1");
        String(archive, "15.2 (made by a test)");
        Integer(archive, _entries.Count);
        foreach (byte[] entry in _entries) archive.Write(entry);
        _blocks.WriteTo(archive);
        return archive.ToArray();
    }

    private int Entry(string kind, string schema, string name, bool hasData)
    {
        var entry = new MemoryStream();
        Integer(entry, ++_id);
        Integer(entry, hasData ? 1 : 0);
        foreach (string text in (string[])["1259", "16384", name, kind]) String(entry, text);
        Integer(entry, 2);
        String(entry, new string('d', 300));
        String(entry, "DROP");
        String(entry, hasData ? "COPY" : null);
        String(entry, schema);
        String(entry, "");
        if (minor >= 14) String(entry, "heap");
        if (minor >= 16) Integer(entry, 'r');
        String(entry, "postgres");
        String(entry, "false");
        String(entry, "7");
        String(entry, null);
        entry.WriteByte(2);
        entry.Write(new byte[8]);
        _entries.Add(entry.ToArray());
        return _id;
    }

    private static void Integer(Stream to, int value)
    {
        to.WriteByte(value < 0 ? (byte)1 : (byte)0);
        to.Write(BitConverter.GetBytes(Math.Abs(value)));
    }

    private static void String(Stream to, string? text)
    {
        if (text is null)
        {
            Integer(to, -1);
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Integer(to, bytes.Length);
        to.Write(bytes);
    }
}
