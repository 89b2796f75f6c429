using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace AskTrust.Drp.TestBed;

/// <summary>How a <see cref="ChildProcess"/> is started.</summary>
public sealed record ChildOptions
{
    /// <summary>User to run as (only as root); null = ourselves.</summary>
    public string? RunAs { get; init; }

    /// <summary>Working directory; null = ours.</summary>
    public string? Folder { get; init; }

    /// <summary>Variables to add, or to remove (null).</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Bytes for standard input; it is closed after them.</summary>
    public string? Input { get; init; }
}

/// <summary>
/// A server or tool of the test-bed. It dies with the test process, however that ends (Linux: parent-death signal).
/// Disposing kills it and its children at once: test servers need no orderly shutdown.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private static readonly BlockingCollection<Action> s_starts = StartThread();
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private ChildProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    /// <summary>Process id.</summary>
    public int Id => _process.Id;

    /// <summary>True when it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it printed (both streams).</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>Starts a program in the foreground (a daemon must be told not to go to the background).</summary>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, ChildOptions? options = null)
    {
        options ??= new ChildOptions();
        string path = Requires.Find(program) ?? throw new Win32Exception(2, $"{program} is not installed.");
        var info = new ProcessStartInfo { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        info.WorkingDirectory = options.Folder ?? "";
        if (OperatingSystem.IsLinux() && Requires.Find("setpriv") is { } setpriv)
        {
            info.FileName = setpriv;
            foreach (string a in (string[])["--pdeathsig", "KILL"]) info.ArgumentList.Add(a);
            if (options.RunAs is { } user)
                foreach (string a in (string[])["--reuid", user, "--regid", user, "--init-groups"]) info.ArgumentList.Add(a);
            // Started in the background of a script, we were told to ignore Ctrl+C, and a child would inherit that.
            if (Requires.Find("env") is { } env)
                foreach (string a in (string[])[env, "--default-signal=INT,QUIT"]) info.ArgumentList.Add(a);
            info.ArgumentList.Add(path);
        }
        else
        {
            info.FileName = path;
        }

        foreach (string a in arguments) info.ArgumentList.Add(a);
        foreach (var (name, value) in options.Environment)
        {
            if (value is null) info.Environment.Remove(name);
            else info.Environment[name] = value;
        }

        // The parent-death signal fires when the *thread* that forked ends, so every child is started by one thread that never does.
        var started = new TaskCompletionSource<ChildProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_starts.Add(() =>
        {
            try
            {
                var process = new Process { StartInfo = info };
                var child = new ChildProcess(process);
                process.Start();
                started.SetResult(child);
            }
            catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
            {
                started.SetException(e);
            }
        });
        ChildProcess result = started.Task.GetAwaiter().GetResult();
        result._process.BeginOutputReadLine();
        result._process.BeginErrorReadLine();
        result.Feed(options.Input);
        return result;
    }

    /// <summary>Runs a tool to its end.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message holds its output.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, ChildOptions? options = null, CancellationToken ct = default)
    {
        string[] list = [.. arguments];
        await using ChildProcess child = Start(program, list, options);
        int code = await child.WaitAsync(ct);
        return code == 0 ? child.Output : throw new InvalidOperationException($"{program} {string.Join(' ', list)}: exit code {code}\n{child.Output}");
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WaitAsync(CancellationToken ct = default)
    {
        await _process.WaitForExitAsync(ct);
        return _process.ExitCode;
    }

    /// <summary>Waits until something answers, and fails at once when the process ends before that.</summary>
    public async Task WaitUntilAsync(Func<Task<bool>> ready, TimeSpan limit, CancellationToken ct = default)
    {
        var clock = Stopwatch.StartNew();
        while (!await ready())
        {
            if (HasExited) throw new InvalidOperationException($"{_process.StartInfo.FileName} ended with {_process.ExitCode}:\n{Output}");
            if (clock.Elapsed > limit) throw new TimeoutException($"{_process.StartInfo.FileName} was not ready in {limit}:\n{Output}");
            await Task.Delay(20, ct);
        }
    }

    /// <summary>True when a port of the loopback accepts connections.</summary>
    public static async Task<bool> AcceptsAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Kills it and its children.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Kill();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // A grandchild holds the pipe, or the kernel is slow to reap: killed it is.
        }

        _process.Dispose();
    }

    private static BlockingCollection<Action> StartThread()
    {
        var starts = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (Action start in starts.GetConsumingEnumerable()) start();
        })
        { IsBackground = true, Name = "test-bed children" }.Start();
        return starts;
    }

    private void Feed(string? input)
    {
        try
        {
            if (input is not null) _process.StandardInput.Write(input);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code tells.
        }
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_output)
        {
            _output.Append(line).Append('\n');
            if (_output.Length > 1 << 20) _output.Remove(0, 1 << 19);
        }
    }
}
