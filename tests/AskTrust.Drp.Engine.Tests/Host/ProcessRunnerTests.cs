using System.Diagnostics;
using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Tests.Host;

public sealed class ProcessRunnerTests : IDisposable
{
    private readonly TestHost _host = new();

    private ProcessRunner Runner => _host.Runner;

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Arguments_reach_the_program_as_they_are()
    {
        string[] odd = ["a b", "", "\"q\"", "$HOME", "`id`", "*", "é😀\n", "'"];
        var result = await Runner.RunAsync(new Command("printf", ["%s|", .. odd]), default);
        Assert.True(result.Ok);
        Assert.Equal(string.Concat(odd.Select(o => o + "|")), result.Text);
    }

    [Fact]
    public async Task Input_output_errors_and_exit_code_come_back()
    {
        var result = await Runner.RunAsync(new Command("sh", "-c", "cat; echo oops >&2; exit 7"), default, Encoding.UTF8.GetBytes("hello"));
        Assert.Equal((7, "hello", "oops\n"), (result.ExitCode, result.Text, result.Errors));
    }

    [Fact]
    public async Task A_program_that_does_not_read_its_input_is_no_error()
    {
        var result = await Runner.RunAsync(new Command("true"), default, new byte[4 << 20]);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task A_missing_program_names_the_package_that_brings_it()
    {
        var e = await Assert.ThrowsAsync<DrpException>(() => Runner.RunAsync(new Command("/nowhere/pg_dump"), default));
        Assert.Equal(DrpError.Unreachable, e.Code);
        Assert.Contains("postgresql-client", e.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_is_added_to_and_removed_from()
    {
        Environment.SetEnvironmentVariable("DRP_TEST_GONE", "1");
        var result = await Runner.RunAsync(
            new Command("sh", "-c", "echo ${DRP_TEST_NEW:-none} ${DRP_TEST_GONE:-none}")
            {
                Environment = new Dictionary<string, string?> { ["DRP_TEST_NEW"] = "new", ["DRP_TEST_GONE"] = null },
            }, default);
        Assert.Equal("new none\n", result.Text);
    }

    [Fact]
    public async Task Cancelling_ends_the_program_and_its_children()
    {
        string pids = Path.Combine(_host.Folder, "pids");
        using var stop = new CancellationTokenSource();
        // The child ignores SIGTERM: only SIGKILL to the group ends it.
        var command = new Command("sh", "-c", "(trap '' TERM; echo $$ >>\"$0\"; while :; do sleep 60; done) & echo $! >>\"$0\"; echo $$ >>\"$0\"; trap '' TERM; while :; do wait; done", pids);
        Task<ProcessResult> run = Runner.RunAsync(command, stop.Token);
        await WaitUntil(() => File.Exists(pids) && File.ReadAllLines(pids).Length == 3);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        foreach (string pid in File.ReadAllLines(pids).Distinct()) await WaitUntil(() => !IsRunning(pid));
    }

    [Fact]
    public async Task A_time_limit_ends_the_program_and_says_so()
    {
        var e = await Assert.ThrowsAsync<DrpException>(
            () => Runner.RunAsync(new Command("sleep", "60") { Timeout = TimeSpan.FromMilliseconds(200) }, default));
        Assert.Equal(DrpError.Unreachable, e.Code);
        Assert.Contains("sleep", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writing_to_a_program_that_has_gone_is_an_IOException()
    {
        await using var process = Runner.Start(new Command("true"));
        await process.WaitAsync(default);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (int i = 0; i < 100; i++) await process.Input.WriteAsync(new byte[1 << 20]);
        });
    }

    [Fact]
    public async Task A_program_that_is_killed_gives_end_of_stream_and_128_plus_signal_while_others_run()
    {
        await using var other = Runner.Start(new Command("cat"));
        await using var process = Runner.Start(new Command("sh", "-c", "echo before; kill -9 $$"));
        await using var third = Runner.Start(new Command("cat"));
        using var reader = new StreamReader(process.Output);
        Assert.Equal("before\n", await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(137, await process.WaitAsync(default));
        // The others hold no end of each other's pipes: closing the input is seen at once.
        await other.Input.DisposeAsync();
        Assert.Equal(0, await other.WaitAsync(default).WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Only_the_last_64_KiB_of_standard_error_stay_and_each_line_is_told()
    {
        await using var process = Runner.Start(new Command("sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo line-$i; i=$((i+1)); done >&2"));
        int lines = 0;
        process.OnErrorLine = _ => Interlocked.Increment(ref lines);
        Assert.Equal(0, await process.WaitAsync(default));
        Assert.EndsWith("line-19999\n", process.Errors, StringComparison.Ordinal);
        Assert.InRange(process.Errors.Length, 64 * 1024, 128 * 1024);
        Assert.InRange(lines, 19_000, 20_000);
    }

    [Fact]
    public async Task Secrets_vanish_from_standard_error()
    {
        _host.Redactor.Remember("s3cret/word");
        var result = await Runner.RunAsync(new Command("sh", "-c", "echo cannot use s3cret/word or s3cret%2Fword >&2"), default);
        Assert.Equal("cannot use *** or ***\n", result.Errors);
    }

    [Fact]
    public async Task A_background_child_that_keeps_the_pipes_does_not_hold_us()
    {
        var watch = Stopwatch.StartNew();
        var result = await Runner.RunAsync(new Command("sh", "-c", "sleep 20 & echo done"), default);
        Assert.Equal("done\n", result.Text);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 15);
    }

    [Fact]
    public async Task Too_much_output_is_an_error()
    {
        var e = await Assert.ThrowsAsync<DrpException>(() => Runner.RunAsync(new Command("cat", "/dev/zero"), default));
        Assert.Equal(DrpError.Failed, e.Code);
    }

    [SkippableFact]
    public async Task Root_runs_a_program_as_another_user_with_that_users_home()
    {
        Skip.IfNot(Posix.IsRoot, "Only root can become another user.");
        var user = Posix.FindUser("nobody")!;
        var result = await Runner.RunAsync(new Command("sh", "-c", "id -un; echo $HOME; pwd; id -Gn") { RunAs = "nobody" }, default);
        Assert.Equal(["nobody", user.Home, "/", "nogroup"], result.Text.Trim().Split('\n'));
    }

    [SkippableFact]
    public async Task Bytes_pass_through_a_child_at_more_than_half_a_gigabyte_per_second()
    {
        Skip.If(Environment.GetEnvironmentVariable("DRP_MEASURE") is null, "Set DRP_MEASURE=1 to measure.");
        const long total = 4L << 30;
        await using var process = Runner.Start(new Command("cat"));
        var watch = Stopwatch.StartNew();
        Task feed = Task.Run(async () =>
        {
            byte[] block = new byte[1 << 20];
            for (long sent = 0; sent < total; sent += block.Length) await process.Input.WriteAsync(block);
            await process.Input.DisposeAsync();
        });
        byte[] buffer = new byte[1 << 20];
        long received = 0;
        while (await process.Output.ReadAsync(buffer) is > 0 and int count) received += count;
        await feed;
        Assert.Equal(total, received);
        double speed = total / watch.Elapsed.TotalSeconds / 1e9;
        Console.WriteLine($"through cat: {speed:0.00} GB/s");
        Assert.True(speed > 0.5, $"{speed:0.00} GB/s");
    }

    private static bool IsRunning(string pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task WaitUntil(Func<bool> condition)
    {
        for (var watch = Stopwatch.StartNew(); !condition(); await Task.Delay(20))
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "waited 20 s in vain");
    }
}
