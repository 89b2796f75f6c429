using System.Text;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>Reads what <c>psql --csv</c> prints.</summary>
internal static class Csv
{
    /// <summary>Rows and values; a value equal to the marker is NULL.</summary>
    public static IReadOnlyList<string?[]> Parse(string csv, string nullMarker)
    {
        var rows = new List<string?[]>();
        var row = new List<string?>();
        var value = new StringBuilder();
        int i = 0;
        while (i < csv.Length)
        {
            bool quoted = csv[i] == '"';
            if (quoted)
            {
                for (i++; i < csv.Length; i++)
                {
                    if (csv[i] == '"' && (i + 1 >= csv.Length || csv[i + 1] != '"')) break;
                    if (csv[i] == '"') i++;
                    value.Append(csv[i]);
                }

                i++;
            }
            else
            {
                while (i < csv.Length && csv[i] is not (',' or '\n' or '\r')) value.Append(csv[i++]);
            }

            string text = value.ToString();
            value.Clear();
            row.Add(text == nullMarker ? null : text);
            if (i < csv.Length && csv[i] == ',')
            {
                i++;
                // A comma at the end of a line begins a last, empty value.
                if (i < csv.Length && csv[i] is not ('\n' or '\r')) continue;
                row.Add("");
            }

            if (i < csv.Length && csv[i] == '\r') i++;
            if (i < csv.Length && csv[i] == '\n') i++;
            rows.Add([.. row]);
            row.Clear();
        }

        return rows;
    }
}
