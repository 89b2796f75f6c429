using System.Text;

namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>Names of tables.</summary>
internal static class TableNames
{
    /// <summary>A key of a manifest without its quotes, as the search of the WAL takes it: <c>public.Order</c>.</summary>
    public static string Plain(string key)
    {
        var plain = new StringBuilder();
        for (int i = 0; i < key.Length; i++)
        {
            // A quote within quotes is doubled.
            if (key[i] != '"') plain.Append(key[i]);
            else if (i + 1 < key.Length && key[i + 1] == '"') plain.Append(key[++i]);
        }

        return plain.ToString();
    }
}
