using System.Globalization;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Primary;

/// <summary>A primary “a” and its streaming standby “b”, both with a password, and a plan that pairs them.</summary>
internal sealed class PairScene : IAsyncDisposable
{
    public const string Password = "s3cret: of\\the pair";

    public TestFolder Folder { get; } = new("pair");

    public int PortA { get; } = FreePort.Take();

    public int PortB { get; } = FreePort.Take();

    public Listener Heard { get; } = new();

    public string PlanFile => Folder["drp.yaml"];

    public string State => Folder["state"];

    public string Data(string node) => Folder["d", node];

    public int Port(string node) => node == "a" ? PortA : PortB;

    /// <param name="plan">Changes the text of the plan.</param>
    /// <param name="checksums">Pages have checksums, as a rewind needs it.</param>
    public static async Task<PairScene> SetAsync(Func<PairScene, string, string>? plan = null, bool checksums = true)
    {
        Requires.Programs("gpg", "initdb");
        Environment.SetEnvironmentVariable("DRP_PAIR_PASSWORD", Password);
        var scene = new PairScene();
        try
        {
            await scene.MakeAsync(checksums);
            scene.Write(plan);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes the plan again, e.g. without what stood in the way.</summary>
    public void Write(Func<PairScene, string, string>? plan = null)
    {
        string Port(int port) => port.ToString(CultureInfo.InvariantCulture);
        string text = $$"""
            version: 1
            name: shop
            components:
              db:
                type: postgresql
                url: postgresql://postgres@127.0.0.1:{{Port(PortA)}},127.0.0.1:{{Port(PortB)}}/postgres?target_session_attrs=read-write
                password: ${env:DRP_PAIR_PASSWORD}
                pair:
                  patience: 20s
                  maximumLag: 1MiB
                  nodes:
                    a: { url: "postgresql://postgres@127.0.0.1:{{Port(PortA)}}/postgres", password: "${env:DRP_PAIR_PASSWORD}", dataDirectory: {{Data("a")}} }
                    b: { url: "postgresql://postgres@127.0.0.1:{{Port(PortB)}}/postgres", password: "${env:DRP_PAIR_PASSWORD}", dataDirectory: {{Data("b")}} }
            repositories:
              one: { type: directory, path: {{Folder["one"]}} }
            encryption: none
            """;
        Folder.Write("drp.yaml", plan?.Invoke(this, text) ?? text);
    }

    public async Task<T> WithAsync<T>(Func<DrpSession, Task<T>> act, IDrpObserver? observer = null)
    {
        await using var session = await OpenAsync(observer);
        return await act(session);
    }

    public Task<DrpSession> OpenAsync(IDrpObserver? observer = null) => DrpSession.OpenAsync(PlanFile, new EngineOptions { StateDirectory = State, Observer = observer ?? Heard }, default);

    public Task<PrimarySwitchReport> SwitchAsync(PrimarySwitchOptions? options = null) => WithAsync(s => s.SwitchPrimaryAsync(options ?? new PrimarySwitchOptions(), default));

    public Task<PrimarySwitchReport> RepairAsync(StandbyRepairOptions? options = null) => WithAsync(s => s.RepairStandbyAsync(options ?? new StandbyRepairOptions(), default));

    public Task<PrimaryStatus> StatusAsync() => WithAsync(async s => (await s.PrimaryAsync(null, default).ToListAsync()).Single());

    public async Task<DrpException> RefusedAsync(PrimarySwitchOptions? options = null) => await Assert.ThrowsAsync<DrpException>(() => SwitchAsync(options));

    /// <summary>The program itself, on this plan.</summary>
    public ChildProcess Drp(params string[] arguments) => DrpProgram.Start(PlanFile, State, Password, arguments);

    public async Task<(int Code, string Output)> DrpAsync(params string[] arguments)
    {
        await using ChildProcess drp = Drp(arguments);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        return (await drp.WaitAsync(patience.Token), drp.Output);
    }

    public async Task<string> SqlAsync(string node, string sql) =>
        (await ChildProcess.RunAsync(Path.Join(PostgreSqlCluster.Bin, "psql"), ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"],
            new ChildOptions { Input = sql, Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["PGHOST"] = "127.0.0.1", ["PGPORT"] = Port(node).ToString(CultureInfo.InvariantCulture), ["PGUSER"] = "postgres", ["PGDATABASE"] = "postgres", ["PGPASSWORD"] = Password,
            } })).TrimEnd('\n');

    /// <summary>Starts a server as its service manager would, without asking anybody.</summary>
    public async Task StartAsync(string node)
    {
        string log = Folder["log", $"{node}.log"];
        File.Delete(Path.Join(Data(node), "postmaster.pid"));
        try
        {
            await RunAsync("pg_ctl", ["start", "-D", Data(node), "-w", "-s", "-l", log]);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException(string.Join('\n', (await File.ReadAllLinesAsync(log)).TakeLast(10)), e);
        }
    }

    /// <summary>As a power failure would: all its processes.</summary>
    public async Task KillAsync(string node)
    {
        // All at once; some end by themselves meanwhile.
        await ChildProcess.RunAsync("sh", ["-c", "kill -KILL \"$@\" 2>/dev/null || true", "kill", .. Processes(node).Select(id => id.ToString(CultureInfo.InvariantCulture))]);
        await UntilAsync(() => Processes(node).Count == 0);
        // The kernel may keep the name of the process until its parent asks; a server that starts would take it for alive.
        File.Delete(Folder["s", $".s.PGSQL.{Port(node)}.lock"]);
    }

    /// <summary>Stops the standby's receiver: what the primary writes from now on does not get there (beyond what the network holds).</summary>
    public async Task<Func<Task>> CutAsync(string standby)
    {
        string id = await SqlAsync(standby, "SELECT pid FROM pg_stat_wal_receiver");
        await ChildProcess.RunAsync("kill", ["-STOP", id]);
        return () => ChildProcess.RunAsync("kill", ["-CONT", id]);
    }

    public static async Task UntilAsync(Func<bool> done) => await UntilAsync(() => Task.FromResult(done()));

    public static async Task UntilAsync(Func<Task<bool>> done)
    {
        for (var until = DateTime.UtcNow.AddSeconds(30); !await done(); await Task.Delay(50)) Assert.True(DateTime.UtcNow < until, "not in time");
    }

    public bool Marked(string node) => File.Exists(Path.Join(Data(node), "standby.signal"));

    /// <summary>Everything that a dry run must leave as it is.</summary>
    public async Task<string> TraceAsync()
    {
        string slots = await SqlAsync("a", "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'drp%'") + await SqlAsync("b", "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'drp%'");
        IEnumerable<string> files = Directory.EnumerateFiles(Folder.Path, "*", SearchOption.AllDirectories)
            .Where(f => f.Contains("/one/", StringComparison.Ordinal) || f.Contains("/switch/", StringComparison.Ordinal) || f.EndsWith(".signal", StringComparison.Ordinal) || f.EndsWith(".conf", StringComparison.Ordinal) || f.EndsWith("postmaster.pid", StringComparison.Ordinal))
            .Select(f => $"{f} {File.GetLastWriteTimeUtc(f):O}").Order(StringComparer.Ordinal);
        return slots + "\n" + string.Join('\n', files);
    }

    /// <summary>What the ledger holds.</summary>
    public IEnumerable<string> Operations() => Directory.EnumerateFiles(Folder["one", "shop", "evidence"]).Order(StringComparer.Ordinal)
        .Select(f => System.Text.Json.JsonDocument.Parse(File.ReadAllText(f)).RootElement.GetProperty("operation").GetString()!);

    public async ValueTask DisposeAsync()
    {
        foreach (string node in (string[])["a", "b"]) await KillAsync(node);
        Folder.Dispose();
    }

    private List<int> Processes(string node)
    {
        List<int> found = [];
        if (!Directory.Exists(Data(node))) return found;
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                if (new FileInfo(Path.Join(process, "cwd")).LinkTarget == Data(node)) found.Add(int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended.
            }
        }

        return found;
    }

    private async Task MakeAsync(bool checksums)
    {
        foreach (string folder in (string[])["d", "log", "s"])
        {
            Folder.Sub(folder);
            if (User is not null) await ChildProcess.RunAsync("chown", ["postgres", Folder[folder]]);
        }

        string file = Folder.Write("password", Password);
        if (User is not null) await ChildProcess.RunAsync("chown", ["postgres", file]);
        await RunAsync("initdb", ["-D", Data("a"), "-U", "postgres", "-A", "scram-sha-256", $"--pwfile={file}", "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C.UTF-8", .. checksums ? ["-k"] : Array.Empty<string>()]);
        await File.AppendAllLinesAsync(Path.Join(Data("a"), "postgresql.conf"),
        [
            "listen_addresses='127.0.0.1'", $"unix_socket_directories='{Folder["s"]}'", "fsync=off", "shared_buffers=32MB", "max_wal_size=256MB", "wal_keep_size=256MB", "lc_messages='C'", "max_connections=40",
            "wal_receiver_timeout=60s", "wal_retrieve_retry_interval=200ms", "dynamic_shared_memory_type=mmap",
        ]);
        await File.WriteAllTextAsync(Path.Join(Data("a"), "port.conf"), $"port={PortA}\n");
        await File.AppendAllTextAsync(Path.Join(Data("a"), "postgresql.conf"), "include 'port.conf'\n");
        if (User is not null) await ChildProcess.RunAsync("chown", ["postgres", Path.Join(Data("a"), "port.conf")]);
        await StartAsync("a");
        await SqlAsync("a", "CREATE TABLE work (id bigint PRIMARY KEY)");
        await RunAsync("pg_basebackup", ["-d", $"host=127.0.0.1 port={PortA} user=postgres", "-D", Data("b"), "-X", "stream", "-R", "-C", "-S", "first", "-c", "fast"]);
        await File.WriteAllTextAsync(Path.Join(Data("b"), "port.conf"), $"port={PortB}\n");
        await StartAsync("b");
        await UntilAsync(async () => await SqlAsync("a", "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1");
    }

    private static string? User => Environment.UserName == "root" ? "postgres" : null;

    private Task RunAsync(string program, IEnumerable<string> arguments) => ChildProcess.RunAsync(Path.Join(PostgreSqlCluster.Bin, program), arguments, new ChildOptions
    {
        RunAs = User, Folder = Folder.Path, Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LC_ALL"] = "C.UTF-8", ["PGPASSWORD"] = Password, ["PGDATA"] = null, ["HOME"] = "/" },
    });
}
