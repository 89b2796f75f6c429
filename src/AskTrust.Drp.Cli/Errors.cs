using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli;

/// <summary>Errors as people and machines get them.</summary>
internal static class Errors
{
    /// <summary>Every exception as one of ours.</summary>
    public static DrpException Translate(Exception error, bool cancelled) => error switch
    {
        DrpException known => known,
        OperationCanceledException when cancelled => new DrpException(DrpError.Cancelled, CliTexts.Cancelled, error),
        AggregateException { InnerExceptions: [var only] } => Translate(only, cancelled),
        UnauthorizedAccessException or IOException => new DrpException(DrpError.Failed, error.Message, error),
        _ => new DrpException(DrpError.Failed, Text.Of(CliTexts.Unexpected, error.GetType().Name, error.Message), error) { Hint = CliTexts.UnexpectedHint },
    };

    /// <summary>What failed, on what, what to do next; each problem of a plan on a line of its own.</summary>
    public static string Human(DrpException error)
    {
        var text = new StringBuilder();
        if (error is PlanException plan)
        {
            foreach (var problem in plan.Problems) text.AppendLine(Safe(problem.ToString()));
        }

        text.Append("drp: ").Append(Safe(error.Message));
        if (error.Hint is { Length: > 0 } hint) text.AppendLine().Append("  → ").Append(Safe(hint));
        return text.ToString();
    }

    /// <summary>The error as one JSON line.</summary>
    public static byte[] Json(DrpException error)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("type", "error");
            writer.WriteString("code", error.Code.ToString());
            writer.WriteNumber("exitCode", (int)error.Code);
            writer.WriteString("message", Redact.Passwords(error.Message));
            writer.WriteString("hint", error.Hint is { } hint ? Redact.Passwords(hint) : null);
            writer.WriteString("subject", error.Subject is { } subject ? Redact.Passwords(subject) : null);
            if (error is PlanException plan)
            {
                writer.WriteStartArray("problems");
                foreach (var problem in plan.Problems)
                {
                    writer.WriteStartObject();
                    writer.WriteString("file", problem.File);
                    writer.WriteNumber("line", problem.Line);
                    writer.WriteNumber("column", problem.Column);
                    writer.WriteString("message", Redact.Passwords(problem.Message));
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static string Safe(string text) => Redact.Passwords(string.Join("\n    ", text.ReplaceLineEndings("\n").Split('\n').Select(DrpOutput.Visible)));
}
