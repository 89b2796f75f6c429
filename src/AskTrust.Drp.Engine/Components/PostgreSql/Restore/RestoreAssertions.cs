using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Judges a restored copy. An assertion that cannot be answered has failed; it never ends the others.</summary>
internal sealed class RestoreAssertions(HostContext host, IPostgreSqlServer server, string database)
{
    /// <summary>Tables counted in one round trip.</summary>
    private const int Batch = 50;

    /// <summary>A query that takes longer than it may is given up after this much more.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Rows of every table against the manifest.</summary>
    /// <param name="expected">Rows by key, as in <see cref="PostgreSqlFacts.Rows"/>.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<AssertionResult>> RowsAsync(IReadOnlyDictionary<string, long> expected, CancellationToken ct)
    {
        List<AssertionResult> results = [];
        // What the copy has is asked of its catalog: a name from a manifest never becomes SQL.
        var there = (await CatalogTable.ListAsync(server, database, sizes: false, ct).ConfigureAwait(false)).ToDictionary(t => t.Key, StringComparer.Ordinal);
        foreach (string[] keys in expected.Keys.Order(StringComparer.Ordinal).Chunk(Batch))
        {
            long began = host.Clock.GetTimestamp();
            var counted = await CountAsync([.. keys.Where(there.ContainsKey).Select(k => there[k])], ct).ConfigureAwait(false);
            TimeSpan each = host.Clock.GetElapsedTime(began) / keys.Length;
            foreach (string key in keys)
            {
                string? actual = counted.GetValueOrDefault(key);
                string wanted = expected[key].ToString(CultureInfo.InvariantCulture);
                results.Add(Result(AssertionKind.Rows, Text.Of(RestoreTexts.RowsOf, key), actual == wanted, wanted, actual ?? RestoreTexts.NoSuchTable, each));
            }
        }

        return results;
    }

    /// <summary>The SQL assertions of the plan.</summary>
    public async Task<IReadOnlyList<AssertionResult>> SqlAsync(IReadOnlyList<SqlAssertion> assertions, CancellationToken ct)
    {
        List<AssertionResult> results = [];
        foreach (SqlAssertion assertion in assertions) results.Add(await SqlAsync(assertion, ct).ConfigureAwait(false));
        return results;
    }

    /// <summary>The external command of the plan: the application's own tests.</summary>
    /// <param name="plan">Command and time limit.</param>
    /// <param name="databaseUrl">Value of <c>DATABASE_URL</c>, with the password; it appears in no message.</param>
    /// <param name="folder">Folder to run in; null = ours.</param>
    /// <param name="ct">Cancels.</param>
    [SuppressMessage("Design", "CA1054:URI-like parameters should not be strings", Justification = "A libpq URL need not be a System.Uri.")]
    public async Task<AssertionResult> CommandAsync(RestoreTestPlan plan, string databaseUrl, string? folder, CancellationToken ct)
    {
        var command = new Command(plan.Command[0], [.. plan.Command.Skip(1)])
        {
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DATABASE_URL"] = databaseUrl }, WorkingDirectory = folder, Timeout = plan.CommandTimeout,
        };
        host.Redactor.Remember(databaseUrl);
        long began = host.Clock.GetTimestamp();
        string name = Text.Of(RestoreTexts.CommandNamed, Path.GetFileName(plan.Command[0]));
        try
        {
            ProcessResult result = await host.Processes.RunAsync(command, ct).ConfigureAwait(false);
            string actual = result.Ok ? "0" : Text.Of(RestoreTexts.CommandExit, result.ExitCode, Tail(host.Redactor.Clean(result.Text + "\n" + result.Errors)));
            return Result(AssertionKind.Command, name, result.Ok, "0", actual, host.Clock.GetElapsedTime(began));
        }
        catch (DrpException e)
        {
            return Result(AssertionKind.Command, name, ok: false, "0", e.Message, host.Clock.GetElapsedTime(began));
        }
    }

    /// <summary>The newest canary row of the copy; it must not be older than the one the backup wrote.</summary>
    /// <returns>The verdict, and the moment found.</returns>
    public async Task<(AssertionResult Result, DateTimeOffset? Found)> CanaryAsync(DateTimeOffset written, CancellationToken ct)
    {
        long began = host.Clock.GetTimestamp();
        string wanted = Moment(written);
        try
        {
            string? text = (await server.QueryAsync(database, Canary.ReadQuery, ct).ConfigureAwait(false))[0][0];
            DateTimeOffset? found = text is null ? null : Canary.Parse(text);
            return (Result(AssertionKind.Canary, RestoreTexts.CanaryNamed, found >= written, wanted, found is { } at ? Moment(at) : RestoreTexts.NoCanary, host.Clock.GetElapsedTime(began)), found);
        }
        catch (DrpException e)
        {
            return (Result(AssertionKind.Canary, RestoreTexts.CanaryNamed, ok: false, wanted, e.Message, host.Clock.GetElapsedTime(began)), null);
        }
    }

    /// <summary>Compares a value with what an assertion allows.</summary>
    internal static (bool Ok, string Expected) Judge(SqlAssertion assertion, string? actual)
    {
        if (assertion.Equal is { } equal) return (actual == equal, equal);
        if (assertion.AtLeast is null && assertion.AtMost is null) return (actual is "t" or "true", "true");
        string expected = string.Join(' ', new[] { assertion.AtLeast is { } low ? $"≥ {Number(low)}" : null, assertion.AtMost is { } high ? $"≤ {Number(high)}" : null }.OfType<string>());
        bool ok = decimal.TryParse(actual, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
            && !(number < assertion.AtLeast) && !(number > assertion.AtMost);
        return (ok, expected);
    }

    private async Task<AssertionResult> SqlAsync(SqlAssertion assertion, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (assertion.Within is { } within) limit.CancelAfter(within + s_patience);
        long began = host.Clock.GetTimestamp();
        string expected = Judge(assertion, null).Expected + (assertion.Within is { } time ? $" ({Text.Of(RestoreTexts.WithinSeconds, Seconds(time))})" : "");
        try
        {
            var rows = await server.QueryAsync(database, assertion.Sql, limit.Token).ConfigureAwait(false);
            TimeSpan took = host.Clock.GetElapsedTime(began);
            string? actual = rows.Count > 0 && rows[0].Length > 0 ? rows[0][0] : null;
            bool late = took > assertion.Within;
            string found = rows.Count == 0 ? RestoreTexts.NoRow : actual ?? "NULL";
            return Result(AssertionKind.Sql, assertion.Name, rows.Count > 0 && Judge(assertion, actual).Ok && !late, expected, late ? $"{found} ({Seconds(took)} s)" : found, took);
        }
        catch (DrpException e)
        {
            return Result(AssertionKind.Sql, assertion.Name, ok: false, expected, e.Message, host.Clock.GetElapsedTime(began));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            TimeSpan took = host.Clock.GetElapsedTime(began);
            return Result(AssertionKind.Sql, assertion.Name, ok: false, expected, Text.Of(RestoreTexts.GivenUp, Seconds(took)), took);
        }
    }

    /// <summary>The counts of some tables in one query.</summary>
    private async Task<Dictionary<string, string?>> CountAsync(IReadOnlyList<CatalogTable> tables, CancellationToken ct)
    {
        if (tables.Count == 0) return [];
        // ONLY: pg_dump dumps each table's own rows, not those of its children.
        string counts = string.Join("\nUNION ALL ", tables.Select(t => $"SELECT {Sql.Literal(t.Key)}, (SELECT count(*) FROM ONLY {Sql.Identifier(t.Schema)}.{Sql.Identifier(t.Name)})::text"));
        return (await server.QueryAsync(database, counts, ct).ConfigureAwait(false)).ToDictionary(r => r[0]!, r => r[1], StringComparer.Ordinal);
    }

    private static AssertionResult Result(AssertionKind kind, string name, bool ok, string expected, string? actual, TimeSpan elapsed) =>
        new() { Kind = kind, Name = name, Verdict = ok ? CheckVerdict.Ok : CheckVerdict.Failed, Expected = expected, Actual = actual, Elapsed = elapsed };

    private static string Number(decimal value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Moment(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Tail(string output) =>
        string.Join('\n', output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.TrimEnd()).Where(l => l.Length > 0).TakeLast(20));
}
