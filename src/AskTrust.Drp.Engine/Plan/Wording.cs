using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Plan;

/// <summary>Suggestions, lists and the little that messages may repeat of a file.</summary>
internal static partial class Wording
{
    /// <summary>The known word nearest to a mistyped one; null when none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        // Longer words may be off by more; a third of the letters is still recognised as the same word.
        int allowed = Math.Max(1, Math.Min(word.Length, 24) / 3);
        return word.Length is 0 or > 64
            ? null
            : known.Select(k => (Word: k, Distance: Distance(word.ToUpperInvariant(), k.ToUpperInvariant())))
                .Where(k => k.Distance <= allowed).OrderBy(k => k.Distance).Select(k => k.Word).FirstOrDefault();
    }

    /// <summary>“ did you mean …?” with a leading blank, or the known words, or nothing.</summary>
    public static string Suggest(string word, IReadOnlyCollection<string> known) =>
        Nearest(word, known) is { } near ? " " + Host.Text.Of(PlanTexts.DidYouMean, near)
        : known.Count is > 0 and <= 30 ? " " + Host.Text.Of(PlanTexts.Known, string.Join(", ", known))
        : "";

    /// <summary>
    /// A word of the file when it can only be a mistyped key (letters alone, as all keys), else “…”: a password that slipped
    /// into the place of a key must not come out again.
    /// </summary>
    public static string Shown(string word) => Letters().IsMatch(word) ? word : "…";

    /// <summary>Edit distance where a swap of neighbours counts one (optimal string alignment).</summary>
    public static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }

    [GeneratedRegex(@"^[A-Za-z]{1,32}\z", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Letters();
}
