namespace AskTrust.Drp.Engine.Host;

/// <summary>The only place that starts programs.</summary>
internal interface IProcessRunner
{
    /// <summary>
    /// Runs to the end. Output is collected up to a bound (64 MiB, then an error); a non-zero exit code is <em>not</em> an exception.
    /// </summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/> when the program is not found, with what to install.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the process and its children are gone.</exception>
    Task<ProcessResult> RunAsync(Command command, CancellationToken ct, ReadOnlyMemory<byte> input = default);

    /// <summary>Starts a program whose standard streams are ours. Disposing kills it with its children when it still runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/> when the program is not found, with what to install.</exception>
    IRunningProcess Start(Command command);

    /// <summary>Full path of a program on PATH (or the path itself when it is one and exists); null when there is none.</summary>
    string? Find(string program);
}

/// <summary>A program that runs. Standard error is always drained, its last 64 KiB kept.</summary>
internal interface IRunningProcess : IAsyncDisposable
{
    /// <summary>Process id.</summary>
    int Id { get; }

    /// <summary>Its standard input; close it to signal the end. Writing to a process that has gone throws <see cref="IOException"/>.</summary>
    Stream Input { get; }

    /// <summary>Its standard output.</summary>
    Stream Output { get; }

    /// <summary>What it said on standard error so far (the last 64 KiB), without the secrets resolved in this session.</summary>
    string Errors { get; }

    /// <summary>Called for each line of standard error as it comes; set before the first await.</summary>
    Action<string>? OnErrorLine { get; set; }

    /// <summary>Waits for the end. Cancelling only stops the waiting: dispose to stop the program.</summary>
    /// <returns>The exit code; 128+n when killed by signal n.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: its time limit passed and it was killed.</exception>
    Task<int> WaitAsync(CancellationToken ct);
}

/// <summary>How a program ended.</summary>
internal sealed record ProcessResult(int ExitCode, byte[] Output, string Errors)
{
    /// <summary>Standard output as text.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(Output);

    /// <summary>True when the exit code is zero.</summary>
    public bool Ok => ExitCode == 0;
}
