using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Host;

public sealed class ContainerTargetTests : IDisposable
{
    private readonly TestContext _context = new();

    public void Dispose() => _context.Dispose();

    [SkippableFact]
    public async Task Commands_run_inside_with_their_variables_user_and_folder()
    {
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync();
        var target = new ContainerTarget(container.Name);
        var command = new Command("sh", "-c", "cat; echo \"$SECRET|$HOME|$LANG|$1\"; id -un; pwd; exit 3", "sh", "it's $x")
        {
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["SECRET"] = "a b'c", ["HOME"] = "/srv", ["LANG"] = null },
            RunAs = "postgres", WorkingDirectory = "/var",
        };
        var result = await _context.Host.Processes.RunAsync(target.Wrap(command), default, "input\n"u8.ToArray());
        Assert.Equal(3, result.ExitCode);
        Assert.Equal("input\na b'c|/srv||it's $x\npostgres\n/var\n", result.Text);
    }

    [SkippableFact]
    public async Task Cancelling_also_ends_what_runs_inside()
    {
        await using PostgreSqlContainer container = await PostgreSqlContainer.StartAsync();
        var target = new ContainerTarget(container.Name);
        using var stop = new CancellationTokenSource();
        Task<ProcessResult> run = _context.Host.Processes.RunAsync(target.Wrap(new Command("sh", "-c", "sleep 987 & sleep 987; wait")), stop.Token);
        while (await CountAsync() < 2) await Task.Delay(50, CancellationToken.None);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(0, await CountAsync());

        // By the name of the program, so that no shell's command line is counted.
        async Task<int> CountAsync() => int.Parse(await DockerEngine.RunAsync(
            ["exec", container.Name, "sh", "-c", "cat /proc/[0-9]*/comm 2>/dev/null | grep -cx sleep || true"], CancellationToken.None),
            System.Globalization.CultureInfo.InvariantCulture);
    }
}
