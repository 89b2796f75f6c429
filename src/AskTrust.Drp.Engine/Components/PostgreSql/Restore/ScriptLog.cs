using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// Reads what psql says with <c>VERBOSITY=verbose</c>: there every message of the server carries its SQLSTATE, whatever the language.
/// Only first lines are kept: details may hold data, and <c>LINE 1:</c> may hold a password.
/// </summary>
internal sealed partial class ScriptLog
{
    private const int MostNotes = 50;
    private readonly object _gate = new();
    private readonly List<ScriptMessage> _errors = [];
    private readonly List<string> _notes = [];

    /// <summary>Errors, in order.</summary>
    public IReadOnlyList<ScriptMessage> Errors { get { lock (_gate) return [.. _errors]; } }

    /// <summary>Warnings of the server.</summary>
    public IReadOnlyList<string> Notes { get { lock (_gate) return [.. _notes]; } }

    /// <summary>What psql itself complained of last.</summary>
    public string? Complaint { get; private set; }

    /// <summary>Takes one line.</summary>
    public void Take(string line)
    {
        Match match = Message().Match(line);
        lock (_gate)
        {
            if (!match.Success)
            {
                if (line.StartsWith("psql:", StringComparison.Ordinal)) Complaint = line;
                return;
            }

            string state = match.Groups["state"].Value, text = match.Groups["text"].Value;
            if (state.StartsWith("01", StringComparison.Ordinal))
            {
                if (_notes.Count < MostNotes) _notes.Add(text);
            }
            else if (!state.StartsWith("00", StringComparison.Ordinal) && !state.StartsWith("02", StringComparison.Ordinal))
            {
                _errors.Add(new ScriptMessage(state, text));
            }
        }
    }

    [GeneratedRegex(@"^(psql:.*:\d+: )?\p{L}+ ?:\s+(?<state>[0-9A-Z]{5}): (?<text>.*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Message();
}

/// <summary>An error of the server.</summary>
/// <param name="State">SQLSTATE.</param>
/// <param name="Text">The message.</param>
internal sealed record ScriptMessage(string State, string Text);
