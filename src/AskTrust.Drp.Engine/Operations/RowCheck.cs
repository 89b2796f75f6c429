using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Compares the rows of a restored copy with the manifest, before the copy takes anybody's place.</summary>
internal static class RowCheck
{
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: names the tables.</exception>
    public static async Task RequireAsync(HostContext host, IPostgreSqlServer server, string database, PostgreSqlFacts? facts, CancellationToken ct)
    {
        if (facts?.Rows is not { } rows) return;
        var results = await new RestoreAssertions(host, server, database).RowsAsync(rows, ct).ConfigureAwait(false);
        var wrong = results.Where(r => r.Verdict == CheckVerdict.Failed).ToList();
        if (wrong.Count == 0) return;
        string list = string.Join("; ", wrong.Take(10).Select(w => $"{w.Name}: {w.Expected} ≠ {w.Actual}"));
        throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.RowsDiffer, database, list)) { Subject = database, Hint = OperationsTexts.RowsDifferHint };
    }
}
