using System.Diagnostics;
using System.IO.Pipes;

namespace AskTrust.Drp.Engine.Host;

/// <summary>A started program: raw pipes, standard error drained, stopped in order (SIGTERM, grace, SIGKILL) with its children.</summary>
internal sealed class RunningProcess : IRunningProcess
{
    private const int PipeSize = 1024 * 1024;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly Command _command;
    private readonly TimeProvider _clock;
    private readonly ErrorTail _errors;
    private readonly bool _ownGroup;
    private readonly Func<Command, Task> _run;
    private readonly Task _draining;
    private readonly Task<int> _exited;
    private readonly ITimer? _timer;
    private readonly object _gate = new();
    private Task? _stopping;
    private bool _timedOut;
    private bool _disposed;

    public RunningProcess(Process process, Command command, TimeProvider clock, Redactor redactor, bool ownGroup, Func<Command, Task> run)
    {
        (_process, _command, _clock, _ownGroup, _run) = (process, command, clock, ownGroup, run);
        _errors = new ErrorTail(redactor);
        Id = process.Id;
        Input = process.StandardInput.BaseStream;
        Output = process.StandardOutput.BaseStream;
        foreach (Stream stream in new[] { Input, Output })
        {
            // The default of 64 KiB costs a change of thread for every 64 KiB on the data path.
            if (stream is PipeStream pipe) Posix.EnlargePipe(pipe.SafePipeHandle, PipeSize);
        }

        _exited = WaitForExitAsync();
        _draining = Task.Run(() => _errors.DrainAsync(process.StandardError.BaseStream));
        if (command.Timeout is { } limit) _timer = clock.CreateTimer(_ => TimeOut(), null, limit, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public int Id { get; }

    /// <inheritdoc/>
    public Stream Input { get; }

    /// <inheritdoc/>
    public Stream Output { get; }

    /// <inheritdoc/>
    public string Errors => _errors.Text;

    /// <inheritdoc/>
    public Action<string>? OnErrorLine
    {
        get => _errors.OnLine;
        set => _errors.OnLine = value;
    }

    /// <inheritdoc/>
    public async Task<int> WaitAsync(CancellationToken ct)
    {
        await _exited.WaitAsync(ct).ConfigureAwait(false);
        // A child left in the background may keep standard error open: do not wait for it for ever.
        await Task.WhenAny(_draining, Task.Delay(s_lastWords, _clock, ct)).ConfigureAwait(false);
        if (_timedOut)
        {
            throw new DrpException(DrpError.Unreachable, Text.Of(HostTexts.TimedOut, Path.GetFileName(_command.Program), ProcessRunner.Seconds(_command.Timeout!.Value)))
            {
                Subject = _command.Program, IsTransient = true,
            };
        }

        return await _exited.ConfigureAwait(false);
    }

    /// <summary>Closes standard input; a program that has gone does not mind.</summary>
    public async Task CloseInputAsync()
    {
        try
        {
            await Input.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Nobody reads any more: there is nothing left to tell.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        if (_timer is not null) await _timer.DisposeAsync().ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
        await CloseInputAsync().ConfigureAwait(false);
        await Output.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAny(_draining, Task.Delay(s_lastWords, _clock)).ConfigureAwait(false);
        await _process.StandardError.BaseStream.DisposeAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    private async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        return _process.ExitCode;
    }

    private void TimeOut()
    {
        if (_exited.IsCompleted) return;
        _timedOut = true;
        _ = StopAsync();
    }

    private Task StopAsync()
    {
        lock (_gate) return _stopping ??= _exited.IsCompleted ? Task.CompletedTask : KillAsync();
    }

    private async Task KillAsync()
    {
        if (OperatingSystem.IsWindows() || !_ownGroup)
        {
            KillTree();
        }
        else
        {
            // setsid may not have run yet: then the group does not exist and the process itself is meant.
            if (!Posix.Signal(-Id, Posix.SigTerm)) Posix.Signal(Id, Posix.SigTerm);
            await Task.WhenAny(_exited, Task.Delay(s_grace, _clock)).ConfigureAwait(false);
            if (!_exited.IsCompleted && !Posix.Signal(-Id, Posix.SigKill)) Posix.Signal(Id, Posix.SigKill);
        }

        await _exited.ConfigureAwait(false);
        if (_command.AfterKill is { } after) await RunAfterAsync(after).ConfigureAwait(false);
    }

    private void KillTree()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It ended in between.
        }
    }

    private async Task RunAfterAsync(Command after)
    {
        try
        {
            await _run(after with { Timeout = TimeSpan.FromSeconds(15) }).ConfigureAwait(false);
        }
        catch (DrpException)
        {
            // The far side cannot be reached any more; it loses its pipes and ends by itself, later.
        }
    }
}
