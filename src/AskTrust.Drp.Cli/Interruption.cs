using System.Runtime.InteropServices;

namespace AskTrust.Drp.Cli;

/// <summary>Ctrl+C, SIGTERM and a closed terminal: the first cancels and waits for the cleanup, the second leaves at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action<int> _leave;
    private int _count;

    /// <summary>Listens from now on.</summary>
    /// <param name="leave">Ends the process with an exit code.</param>
    public Interruption(Action<int> leave)
    {
        _leave = leave;
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(s => PosixSignalRegistration.Create(s, On))];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    private void On(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _count) == 1)
        {
            Console.Error.WriteLine();
            Console.Error.WriteLine(CliTexts.Cancelling);
            _source.Cancel();
        }
        else
        {
            _leave((int)DrpError.Cancelled);
        }
    }
}
