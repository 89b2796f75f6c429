using System.Runtime.InteropServices;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Wal;

/// <summary>The units that we write, under a real systemd: the first process of a container, never that of the machine.</summary>
public sealed class SystemdTests : IAsyncLifetime
{
    private const string Unit = "drp-wal-shop-db";
    private const string Plan = """
        version: 1
        name: shop
        components:
          db: { type: postgresql, url: postgresql://postgres@127.0.0.1/shop, password: "${env:DB_PASSWORD}", pointInTime: { shipEvery: 1s } }
        repositories:
          one: { type: directory, path: /srv/backup }
        encryption: { passphrase: "${file:/etc/drp/passphrase}" }
        jobs:
          often: { do: [backup, verify, test-restore], kind: base, schedule: "* * * * *" }
        """;

    private readonly string _container = $"drp-test-{Guid.NewGuid().ToString("N")[..15]}";

    [SkippableFact, Trait("Category", "Soak")]
    public async Task The_receiver_and_the_timers_run_under_a_real_systemd()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("DRP_SOAK") == "1", "only in the long run: ./build.sh soak");
        await DockerEngine.EnsureSystemdAsync();
        string dotnet = Path.GetFullPath(Path.Join(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        await DockerEngine.RunAsync(["run", "-d", "--name", _container, "--label", DockerEngine.Label, "--cap-add=SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
            "--cgroupns=private", "--tmpfs", "/run", "--tmpfs", "/run/lock", "-v", $"{dotnet}:/usr/share/dotnet:ro", "-v", $"{AppContext.BaseDirectory}:/opt/drp:ro", DockerEngine.SystemdImage]);
        await BootedAsync();
        await InsideAsync($"""
            pg_createcluster 15 main -- --locale=C.UTF-8 -A trust && systemctl start postgresql@15-main && psql -qU postgres -h 127.0.0.1 -c 'CREATE DATABASE shop'
            mkdir -p /srv/backup /etc/drp && cd /etc/drp && printf pw > db-password && printf 'correct horse' > passphrase && chmod 600 * && cat > drp.yaml <<'END'
            {Plan}
            END
            """);
        await DrpAsync("service register --start --credential DB_PASSWORD=/etc/drp/db-password");
        await ReceivingAsync();

        // Killed, it comes back, with nothing of the killed one left; it may not touch the system.
        string killed = await MainAsync(), used = await InsideAsync("ls /var/lib/asktrust-drp/tmp | grep ^gpg");
        await InsideAsync($"kill -9 {killed}");
        await UntilAsync(async () => await MainAsync() is not "0" and var now && now != killed);
        await ReceivingAsync();
        Assert.Empty(used.Split('\n').Intersect((await InsideAsync("ls /var/lib/asktrust-drp/tmp")).Split('\n'), StringComparer.Ordinal));
        Assert.Equal("refused", await InsideAsync($"nsenter -t {await MainAsync()} -m touch /etc/x /usr/x 2> /dev/null || echo refused"));
        Assert.Equal("NoNewPrivs:\t1", await InsideAsync($"grep NoNewPrivs /proc/{await MainAsync()}/status"));

        // It begins with the machine, also when nobody is there to start it.
        await DockerEngine.RunAsync(["restart", "-t", "30", _container]);
        await BootedAsync();
        await UntilAsync(async () => await InsideAsync($"systemctl is-active {Unit} || true") == "active");
        await ReceivingAsync();

        // Stopped, it ends in order and leaves nothing.
        await InsideAsync($"systemctl stop {Unit}");
        Assert.Equal("Result=success ExecMainStatus=0 ActiveState=inactive", await InsideAsync($"echo $(systemctl show {Unit} -p Result,ExecMainStatus,ActiveState)"));
        Assert.Equal("0", await InsideAsync("ps -e | grep -cE 'pg_receivewal|gpg' || true"));
        Assert.Equal("", await InsideAsync("ls /var/lib/asktrust-drp/tmp"));
        Assert.Contains("Receiving the WAL of db", await InsideAsync($"journalctl -u {Unit} --no-pager"), StringComparison.Ordinal);
        await InsideAsync($"systemctl start {Unit}");

        // A timer starts its job by itself, restore test included.
        await DrpAsync("schedule register --credential DB_PASSWORD=/etc/drp/db-password");
        await UntilAsync(async () => (await InsideAsync("journalctl -u drp-job-shop-often --no-pager")).Contains("Restored and judged good", StringComparison.Ordinal));
        await UntilAsync(async () => await InsideAsync("systemctl show drp-job-shop-often.service -p Result --value; systemctl is-active drp-job-shop-often.service || true") == "success\ninactive");

        await DrpAsync("schedule unregister");
        await DrpAsync("service unregister");
        Assert.Equal("", await InsideAsync("ls /etc/systemd/system | grep drp || true"));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (Environment.GetEnvironmentVariable("DRP_SOAK") != "1") return;
        await using ChildProcess gone = ChildProcess.Start("docker", ["rm", "-f", "-v", _container]);
        await gone.WaitAsync();
    }

    /// <summary>A systemd that is not in a container makes mounts shared by itself; credentials need that.</summary>
    private async Task BootedAsync()
    {
        await UntilAsync(async () => await InsideAsync("systemctl is-system-running || true") is "running" or "degraded");
        await InsideAsync("mount --make-rshared /");
    }

    private Task ReceivingAsync() => UntilAsync(async () => await InsideAsync("DB_PASSWORD=pw drp wal status --plan /etc/drp/drp.yaml > /dev/null 2>&1 && echo yes || true") == "yes");

    private Task<string> MainAsync() => InsideAsync($"systemctl show {Unit} -p MainPID --value");

    private Task<string> DrpAsync(string arguments) => InsideAsync($"DB_PASSWORD=pw drp {arguments} --plan /etc/drp/drp.yaml");

    private Task<string> InsideAsync(string script) => DockerEngine.RunAsync(["exec", _container, "sh", "-ec", script]);

    private static async Task UntilAsync(Func<Task<bool>> done)
    {
        for (var until = DateTime.UtcNow.AddMinutes(2); !await done(); await Task.Delay(300)) Assert.True(DateTime.UtcNow < until, "not in time");
    }
}
