using System.Diagnostics;
using System.Globalization;

namespace AskTrust.Drp.Build;

/// <summary>
/// The Docker engine that tests start when none answers. It serves one test process after the other, so whoever runs them all stops it; one that ran before them is left alone.
/// </summary>
internal sealed class TestEngine : IAsyncDisposable
{
    // Where DockerEngine of the test-bed has it written.
    private static readonly string s_pidFile = Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "asktrust-drp", "dockerd.pid");
    private readonly bool _mayStop;

    private TestEngine(bool mayStop) => _mayStop = mayStop;

    /// <summary>To be disposed of when the tests have ended.</summary>
    public static TestEngine Watch()
    {
        using Process? running = Find();
        return new TestEngine(running is null);
    }

    /// <summary>Stops what was started since, and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        using Process? engine = _mayStop ? Find() : null;
        if (engine is null) return;
        // It ends its containers first, ten seconds each at most.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            await Shell.RunAsync("kill", ["-TERM", engine.Id.ToString(CultureInfo.InvariantCulture)], patience.Token);
            await engine.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"dockerd ({engine.Id}), started for the tests, does not end.");
        }
    }

    private static Process? Find()
    {
        try
        {
            if (!int.TryParse(File.ReadAllText(s_pidFile), CultureInfo.InvariantCulture, out int id)) return null;
            var process = Process.GetProcessById(id);
            if (process.ProcessName == "dockerd") return process;
            process.Dispose();
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // No such file or process.
        }

        return null;
    }
}
