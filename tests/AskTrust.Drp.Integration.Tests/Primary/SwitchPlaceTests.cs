using System.Text.Json;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Primary;

public sealed class SwitchPlaceTests
{
    [SkippableFact]
    public async Task Over_ssh_it_is_the_same_and_the_program_tells_it_as_json()
    {
        SshServer ssh = await SshServer.SharedAsync();
        string place = $"ssh: {{ host: {SshServer.Host}, port: {ssh.Port}, user: {SshServer.User}, identityFile: {ssh.IdentityFile}, knownHostsFile: {ssh.KnownHostsFile} }}";
        await using PairScene scene = await PairScene.SetAsync((s, text) => text
            .Replace($"dataDirectory: {s.Data("a")}", $"dataDirectory: {s.Data("a")}, {place}", StringComparison.Ordinal).Replace($"dataDirectory: {s.Data("b")}", $"dataDirectory: {s.Data("b")}, {place}", StringComparison.Ordinal));
        var (code, output) = await scene.DrpAsync("primary", "status", "--json");
        Assert.Equal((0, "a"), (code, JsonDocument.Parse(output.Split('\n')[0]).RootElement.GetProperty("primary").GetString()));

        // Diverged: rewound over ssh, with the password in a file for as long as that takes.
        Func<Task> mend = await scene.CutAsync("b");
        await scene.SqlAsync("a", "INSERT INTO work SELECT generate_series(1, 300000)");
        await scene.KillAsync("a");
        await mend();
        (code, output) = await scene.DrpAsync("primary", "switch");
        Assert.Equal(15, code);
        (code, output) = await scene.DrpAsync("primary", "switch", "--allow-data-loss", "--json", "--quiet");
        Assert.True(code == 0, output);
        JsonElement report = JsonDocument.Parse(output.Split('\n').Single(l => l.StartsWith("{\"type\":\"primarySwitch\"", StringComparison.Ordinal))).RootElement;
        Assert.Equal(("succeeded", false, "rewound", "2"), (report.GetProperty("status").GetString(), report.GetProperty("lossFree").GetBoolean(), report.GetProperty("standby").GetString(), report.GetProperty("timeline").ToString()));
        Assert.DoesNotContain(PairScene.Password, output, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFiles(scene.Folder["d"]), f => f.Contains("brief", StringComparison.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.Data("a") + ".drp-pgpass"));
        Assert.Equal(0, (await scene.DrpAsync("primary", "guard", "a")).Code);
        Assert.Equal(2, (await scene.DrpAsync("primary", "switch", "--unfenced", "no")).Code);
    }

    [SkippableFact]
    public async Task The_archive_of_the_WAL_follows_without_a_gap()
    {
        await using PairScene scene = await PairScene.SetAsync((s, text) => text.Replace("    pair:", $"    pointInTime: {{ shipEvery: 1s, spool: {s.Folder["spool"]} }}\n    pair:", StringComparison.Ordinal));
        await using var receiver = new BackgroundReceiver(scene);
        await PairScene.UntilAsync(async () => await scene.SqlAsync("a", "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'drp_shop_db' AND active") == "1");
        await scene.SqlAsync("a", "INSERT INTO work VALUES (1)");
        Assert.Equal(RunStatus.Succeeded, (await scene.SwitchAsync()).Status);
        await scene.SqlAsync("b", "INSERT INTO work VALUES (2)");
        Lsn written = Lsn.Parse(await scene.SqlAsync("b", "SELECT pg_current_wal_flush_lsn()"));
        RecoveryWindow? window = null;
        await PairScene.UntilAsync(async () => (window = await scene.WithAsync(async s => (await s.RecoveryWindowAsync(null, default).ToListAsync()).Single())).Ranges.Any(r => r.Timeline == 2 && r.End >= written));
        Assert.Empty(window!.Gaps);
        Assert.Equal(2u, window.Forks.Single().Timeline);
        Assert.Equal("0", await scene.SqlAsync("a", "SELECT count(*) FROM pg_replication_slots"));
    }

    /// <summary>A receiver until it is disposed.</summary>
    private sealed class BackgroundReceiver : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task<WalReceiveReport> _running;

        public BackgroundReceiver(PairScene scene) => _running = Task.Run(() => scene.WithAsync(s => s.WalReceiveAsync(new WalReceiveOptions(), _stop.Token)));

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await ((Task)_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }
}
