using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Tables;

/// <summary>Names of the tables beside, and which tables are meant.</summary>
internal static class TableNames
{
    private const int Longest = 63;

    /// <summary>A name with an ending, within the server's limit, never cut inside a character.</summary>
    public static string Beside(string name, string ending)
    {
        var cut = new StringBuilder();
        int left = Longest - Encoding.UTF8.GetByteCount(ending);
        foreach (Rune rune in name.EnumerateRunes())
        {
            if ((left -= rune.Utf8SequenceLength) < 0) break;
            cut.Append(rune.ToString());
        }

        return cut.Append(ending).ToString();
    }

    /// <summary>The tables that names mean: <c>name</c>, <c>schema.name</c>, either also quoted as in SQL, <c>schema.*</c>, <c>*</c>. A partition counts only when it is named itself.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.RepositoryMissing"/>: there is none; <see cref="DrpError.PlanInvalid"/>: there are several.</exception>
    public static IReadOnlyList<TableFacts> Choose(IReadOnlyList<TableFacts> all, IReadOnlyList<string> names, string database)
    {
        List<TableFacts> chosen = [];
        foreach (string name in names)
        {
            List<TableFacts> named = [.. all.Where(t => name == t.Name || name == t.Display || name == t.Quoted || name == Sql.Identifier(t.Name))];
            if (named.Count > 1) throw new DrpException(DrpError.PlanInvalid, Text.Of(TableTexts.Several, name, string.Join(", ", named.Select(t => t.Display)))) { Subject = name };
            if (named.Count == 0) named = [.. all.Where(t => !t.IsPartition && (name == "*" || name == $"{t.Schema}.*"))];
            if (named.Count == 0) throw new DrpException(DrpError.RepositoryMissing, Text.Of(TableTexts.NoTable, name, database)) { Subject = name, Hint = TableTexts.NoTableHint };
            chosen.AddRange(named.Where(t => !chosen.Contains(t)));
        }

        return chosen;
    }
}
