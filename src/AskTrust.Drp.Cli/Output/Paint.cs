namespace AskTrust.Drp.Cli.Output;

/// <summary>Colours, where a terminal shows them and nobody said no (<c>NO_COLOR</c>, <c>--no-color</c>).</summary>
internal sealed class Paint(bool on)
{
    /// <summary>True when standard output is a terminal that shows colours.</summary>
    public static bool TerminalWants =>
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>As it should be.</summary>
    public string Good(string text) => With("32", text);

    /// <summary>Look here.</summary>
    public string Warn(string text) => With("33", text);

    /// <summary>Does not work.</summary>
    public string Bad(string text) => With("31;1", text);

    /// <summary>Less important.</summary>
    public string Dim(string text) => With("2", text);

    /// <summary>Headings.</summary>
    public string Bold(string text) => With("1", text);

    /// <summary>The colour of a verdict.</summary>
    public string Verdict(CheckVerdict verdict, string text) => verdict switch
    {
        CheckVerdict.Ok => Good(text),
        CheckVerdict.Warning => Warn(text),
        CheckVerdict.Failed => Bad(text),
        _ => Dim(text),
    };

    /// <summary>The colour of a status.</summary>
    public string Status(RunStatus status, string text) => status switch
    {
        RunStatus.Succeeded => Good(text),
        RunStatus.Incomplete => Warn(text),
        RunStatus.Failed => Bad(text),
        _ => Dim(text),
    };

    private string With(string code, string text) => on ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
