using System.Text;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Names of databases beside the real one, made so that a later run recognises them.</summary>
internal static class DatabaseNames
{
    /// <summary>Longest identifier of PostgreSQL, in bytes.</summary>
    private const int MaxBytes = 63;

    /// <summary>Database a restore fills before it takes the place of the real one.</summary>
    public static string Beside(string database, string id) => WithSuffix(database, $"_drp_{id}");

    /// <summary>The real one after it was put aside.</summary>
    public static string Before(string database, string id) => WithSuffix(database, $"_before_{id}");

    /// <summary>A restored one after its restore was undone.</summary>
    public static string Undone(string database, string id) => WithSuffix(database, $"_undone_{id}");

    /// <summary>A short id for these names: lower-case hex, so that it needs no quotes.</summary>
    public static string NewId() => Guid.NewGuid().ToString("N")[..10];

    /// <summary>A name and a suffix, cut to what PostgreSQL keeps, never in the middle of a character.</summary>
    public static string WithSuffix(string name, string suffix)
    {
        int room = MaxBytes - Encoding.UTF8.GetByteCount(suffix);
        var kept = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0) break;
            kept.Append(rune);
        }

        return kept + suffix;
    }
}
