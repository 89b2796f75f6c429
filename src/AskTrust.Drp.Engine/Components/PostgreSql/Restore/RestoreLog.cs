using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// Reads what <c>pg_restore --verbose</c> says: which object is being made, and each error with its statement. Tolerated errors are
/// kept as warnings; the first other one is kept as the failure, and <paramref name="onFailure"/> is called so that the program can be stopped at once.
/// </summary>
internal sealed class RestoreLog(ToleratedError tolerated, Action<string> onStep, Action onFailure)
{
    private const int LongestStatement = 16 * 1024;
    private const string Prefix = "pg_restore: ";
    private readonly object _gate = new();
    private readonly List<string> _warnings = [];
    private readonly StringBuilder _statement = new();
    private string? _error;
    private bool _inStatement;
    private int _tolerated;

    /// <summary>Tolerated errors, and warnings of pg_restore itself.</summary>
    public IReadOnlyList<string> Warnings { get { lock (_gate) return [.. _warnings]; } }

    /// <summary>The first error that is not tolerated.</summary>
    public string? Failure { get; private set; }

    /// <summary>Errors pg_restore says it ignored; null when it said nothing.</summary>
    public int? Ignored { get; private set; }

    /// <summary>True when each error pg_restore went on after is one that was tolerated and named.</summary>
    /// <param name="parallel">With several jobs it counts some errors twice: each of its workers begins with what the others had.</param>
    public bool AreAllErrorsTolerated(bool parallel)
    {
        lock (_gate) return Failure is null && _tolerated > 0 && (parallel ? Ignored >= _tolerated : Ignored == _tolerated);
    }

    /// <summary>Takes one line.</summary>
    public void Take(string line)
    {
        lock (_gate)
        {
            if (!line.StartsWith(Prefix, StringComparison.Ordinal))
            {
                if (line.StartsWith("Command was: ", StringComparison.Ordinal)) (_inStatement, line) = (true, line[13..]);
                if (_inStatement && _statement.Length < LongestStatement) _statement.Append(line).Append('\n');
                return;
            }

            Finish();
            string said = line[Prefix.Length..];
            if (said.StartsWith("error: ", StringComparison.Ordinal)) _error = said[7..];
            else if (said.StartsWith("warning: ", StringComparison.Ordinal)) Warn(said[9..]);
            else Step(said);
        }
    }

    /// <summary>The program has ended: the last error is complete now.</summary>
    public void End()
    {
        lock (_gate) Finish();
    }

    private void Finish()
    {
        if (_error is not { } error) return;
        string statement = _statement.ToString();
        _error = null;
        _inStatement = false;
        _statement.Clear();
        string? reason = statement.Length == 0 ? null : tolerated.Reason(SqlToken.Split(Encoding.UTF8.GetBytes(statement), 4096));
        if (reason is not null)
        {
            _tolerated++;
            _warnings.Add(Text.Of(RestoreTexts.Tolerated, Cause(error), reason));
            return;
        }

        if (Failure is not null) return;
        Failure = Cause(error);
        onFailure();
    }

    private void Warn(string said)
    {
        const string ignored = "errors ignored on restore: ";
        if (said.StartsWith(ignored, StringComparison.Ordinal))
        {
            if (int.TryParse(said[ignored.Length..], CultureInfo.InvariantCulture, out int count)) Ignored = count;
        }
        else
        {
            _warnings.Add(said);
        }
    }

    private void Step(string said)
    {
        // “launching item 12 TABLE DATA t” and “finished item …” repeat what “processing data for table” says better.
        if (said.StartsWith("creating ", StringComparison.Ordinal) || said.StartsWith("processing ", StringComparison.Ordinal) || said.StartsWith("executing ", StringComparison.Ordinal))
            onStep(said);
    }

    /// <summary>“could not execute query: ERROR:  relation …” without what everybody knows.</summary>
    private static string Cause(string error)
    {
        const string known = "could not execute query: ";
        return error.StartsWith(known, StringComparison.Ordinal) ? error[known.Length..] : error;
    }
}
