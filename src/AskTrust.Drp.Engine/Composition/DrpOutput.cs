using AskTrust.Drp.Engine.Incidents;

namespace AskTrust.Drp.Engine.Composition;

/// <summary>How surfaces show what the engine returns.</summary>
public static class DrpOutput
{
    /// <summary>One line of UTF-8 JSON (without line break) whose first field is <c>type</c>; see the conventions at <c>drp --json</c>.</summary>
    /// <param name="type">What the object is, e.g. <c>backupSet</c>.</param>
    /// <param name="value">A result record or event of the Model.</param>
    /// <returns>The line.</returns>
    public static byte[] JsonLine(string type, object value) => ResultJson.Line(type, value);

    /// <summary>Reads restore-test results: JSON lines of <c>drp test-restore --json</c>, or a JSON report.</summary>
    /// <param name="utf8">The file's content.</param>
    /// <returns>Each result found; other kinds of lines are passed over.</returns>
    /// <exception cref="DrpException">The text is no JSON of ours.</exception>
    public static IReadOnlyList<RestoreTestResult> ReadRestoreTests(ReadOnlySpan<byte> utf8) => ResultJson.ReadRestoreTests(utf8);

    /// <summary>Foreign text made harmless for a terminal: control characters and marks that turn the direction of writing become visible.</summary>
    /// <param name="text">Text that may hold names of tables or messages of servers.</param>
    /// <returns>The text, on one line.</returns>
    public static string Visible(string? text) => Incidents.Visible.Of(text);
}
