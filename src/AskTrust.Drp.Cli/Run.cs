using System.CommandLine;
using AskTrust.Drp.Cli.Output;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli;

/// <summary>One run of one command: its switches, where its output goes, and how its end becomes an exit code.</summary>
internal sealed class Run
{
    private readonly ParseResult _parsed;

    private Run(ParseResult parsed)
    {
        _parsed = parsed;
        Json = parsed.GetValue(GlobalOptions.Json);
        Quiet = parsed.GetValue(GlobalOptions.Quiet);
        Yes = parsed.GetValue(GlobalOptions.Yes);
        Paint = new Paint(!Json && !parsed.GetValue(GlobalOptions.NoColor) && Paint.TerminalWants);
        Observer = new Observer(Json, Quiet, parsed.GetValue(GlobalOptions.Verbose), Paint);
        PlanPath = GlobalOptions.PlanPath(parsed);
    }

    /// <summary>True: results are JSON lines.</summary>
    public bool Json { get; }

    /// <summary>True: results and errors only.</summary>
    public bool Quiet { get; }

    /// <summary>True: every question is answered with yes.</summary>
    public bool Yes { get; }

    /// <summary>Colours.</summary>
    public Paint Paint { get; }

    /// <summary>Messages and progress.</summary>
    public Observer Observer { get; }

    /// <summary>The plan file.</summary>
    public string PlanPath { get; }

    /// <summary>File that messages are written to as well; null = none.</summary>
    public string? LogFile { get; set; }

    /// <summary>What the engine gets from this surface.</summary>
    public EngineOptions Engine => new() { Observer = Observer, LogFile = LogFile, Ask = Yes ? (_, _) => Task.FromResult(true) : Console.IsInputRedirected ? null : Question.AskAsync };

    /// <summary>A value of the command line.</summary>
    public T? Get<T>(Option<T> option) => _parsed.GetValue(option);

    /// <summary>True when an option was given, with a value or without.</summary>
    public bool Has(Option option) => _parsed.GetResult(option) is { Implicit: false };

    /// <summary>A value of the command line.</summary>
    public T? Get<T>(Argument<T> argument) => _parsed.GetValue(argument);

    /// <summary>Opens the plan.</summary>
    public Task<DrpSession> OpenAsync(CancellationToken ct) => DrpSession.OpenAsync(PlanPath, Engine, ct);

    /// <summary>Gives out one result: a JSON line, or what <paramref name="human"/> prints.</summary>
    public void Emit(string type, object value, Action human)
    {
        if (Json)
        {
            JsonLines.Write(Console.OpenStandardOutput(), DrpOutput.JsonLine(type, value));
        }
        else
        {
            Observer.Clear();
            human();
        }
    }

    /// <summary>Prints a line for people; nothing with <c>--json</c>.</summary>
    public void Say(string line)
    {
        if (Json) return;
        Observer.Clear();
        Console.Out.WriteLine(line);
    }

    /// <summary>Makes the action of a command: opens nothing, turns every end into an exit code.</summary>
    public static Func<ParseResult, CancellationToken, Task<int>> Action(Func<Run, CancellationToken, Task<DrpError>> body) => async (parsed, ct) =>
    {
        var run = new Run(parsed);
        try
        {
            var code = await body(run, ct);
            run.Observer.Clear();
            return (int)code;
        }
#pragma warning disable CA1031 // The last stop of every exception: nobody gets a stack trace.
        catch (Exception e)
#pragma warning restore CA1031
        {
            run.Observer.Clear();
            return Report(e, run.Json, ct);
        }
    };

    /// <summary>Tells an error.</summary>
    /// <returns>Its exit code.</returns>
    public static int Report(Exception error, bool json, CancellationToken ct)
    {
        var known = Errors.Translate(error, ct.IsCancellationRequested);
        if (json) JsonLines.Write(Console.OpenStandardOutput(), Errors.Json(known));
        else Console.Error.WriteLine(Errors.Human(known));
        if (Environment.GetEnvironmentVariable("DRP_DEBUG") == "1") Console.Error.WriteLine(Redact.Passwords(error.ToString()));
        return (int)known.Code;
    }
}
