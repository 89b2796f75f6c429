using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Integrity;

/// <summary>The server's own check of every table and index: <c>pg_amcheck</c>, of this machine or of the container.</summary>
internal static partial class Amcheck
{
    /// <summary>Exit code that means: it looked, and something is damaged.</summary>
    private const int Damaged = 2;

    /// <summary>Looks. Every index is compared with its table, too: an entry that was lost is found.</summary>
    /// <param name="host">The outside world.</param>
    /// <param name="server">The server.</param>
    /// <param name="database">The database; the extension <c>amcheck</c> must be in it.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException">It could not look.</exception>
    public static async Task<IReadOnlyList<Corruption>> RunAsync(HostContext host, IPostgreSqlServer server, string database, CancellationToken ct)
    {
        ProcessResult result = await host.Processes.RunAsync(server.Tool("pg_amcheck", database, "--no-strict-names", "--heapallindexed", "--no-password"), ct).ConfigureAwait(false);
        if (result.Ok) return [];
        IReadOnlyList<Corruption> found = Parse(result.Text);
        return result.ExitCode == Damaged && found.Count > 0 ? found : throw PostgreSqlErrors.FromProgram("pg_amcheck", result.ExitCode, result.Text + result.Errors, $"{server.Description}/{database}");
    }

    /// <summary>Reads what it printed: a line that names the place, and indented lines that say what is wrong there.</summary>
    public static IReadOnlyList<Corruption> Parse(string text)
    {
        List<Corruption> found = [];
        Match? place = null;
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!char.IsWhiteSpace(line[0]))
            {
                place = Place().Match(line);
                if (!place.Success) found.Add(new Corruption(CorruptionKind.Other, "", line.Trim()));
            }
            else if (place is { Success: true } && !IsDetail(line))
            {
                CorruptionKind kind = place.Groups["kind"].Value == "btree index" ? CorruptionKind.Index : CorruptionKind.Table;
                found.Add(new Corruption(kind, place.Groups["name"].Value, (place.Groups["where"].Value.TrimStart(',', ' ') + " " + line.Trim()).Trim()));
            }
        }

        return found;
    }

    private static bool IsDetail(string line) => line.TrimStart().StartsWith("DETAIL:", StringComparison.Ordinal) || line.TrimStart().StartsWith("HINT:", StringComparison.Ordinal) || line.TrimStart().StartsWith("CONTEXT:", StringComparison.Ordinal);

    /// <summary><c>btree index "shop.public.by_name":</c>, <c>heap table "shop.public.orders", block 3, offset 7:</c>.</summary>
    [GeneratedRegex("""^(?<kind>btree index|heap table) "[^.]*\.(?<name>.*?)"(?<where>(, [a-z]+ [0-9]+)*):\s*$""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Place();
}
