using System.Text.Json;
using AskTrust.Drp.Integration.Tests.Faults;

namespace AskTrust.Drp.Integration.Tests.Wal;

public sealed class WalSurfaceTests
{
    [SkippableFact]
    public async Task What_was_pushed_to_one_repository_the_receiver_delivers_to_the_other()
    {
        await using var scene = await WalScene.SetAsync("push: one");
        await scene.CatchUpAsync();
        Directory.Move(scene.Scene.Repository("two"), scene.Scene.Folder["away"]);
        // A folder that is missing would be made anew.
        await File.WriteAllTextAsync(scene.Scene.Repository("two"), "in the way");
        string name = (await scene.SegmentsAsync(1))[0], file = Path.Join(scene.Scene.Cluster.Data, "pg_wal", name);
        WalPushResult pushed = await scene.Scene.WithAsync(s => s.WalPushAsync(new WalPushOptions { Path = file }, default));
        Assert.Equal(("one", "two"), (Assert.Single(pushed.Repositories), Assert.Single(pushed.Pending)));
        string kept = Assert.Single(Directory.EnumerateFiles(Path.Join(scene.Spool, "pending"), name, SearchOption.AllDirectories));
        File.Delete(scene.Scene.Repository("two"));
        Directory.Move(scene.Scene.Folder["away"], scene.Scene.Repository("two"));

        await using Receiver receiver = await scene.ReceiveAsync();

        await scene.UntilAsync(() => scene.Segments("two").Contains(name) && !File.Exists(kept));
        Assert.Equal(await File.ReadAllBytesAsync(file), await scene.FetchAsync(name, "two"));
    }

    [SkippableFact]
    public async Task A_kept_copy_that_is_damaged_stops_neither_the_receiver_nor_a_push()
    {
        await using var scene = await WalScene.SetAsync("push: one");
        string folder = Path.Join(scene.Spool, "pending", await scene.SqlAsync("SELECT system_identifier FROM pg_control_system()"));
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Join(folder, "000000010000000000000001"), "no WAL at all");
        await using Receiver receiver = await scene.ReceiveAsync();

        await scene.UntilAsync(() => scene.Objects("two").Count > 0 && scene.Scene.Heard.Texts.Any(t => t.Contains("000000010000000000000001", StringComparison.Ordinal)));
        string name = (await scene.SegmentsAsync(1))[0];
        await scene.Scene.WithAsync(s => s.WalPushAsync(new WalPushOptions { Path = Path.Join(scene.Scene.Cluster.Data, "pg_wal", name) }, default));

        Assert.False(receiver.Running.IsCompleted);
    }

    [SkippableFact]
    public async Task Every_command_of_the_wal_speaks_json()
    {
        await using var scene = await WalScene.SetAsync();
        string name = (await scene.SegmentsAsync(1))[0], file = Path.Join(scene.Scene.Cluster.Data, "pg_wal", name);

        Assert.Equal("planned", (await OneAsync(scene, "pitrEnable", "pitr", "enable", "--dry-run")).GetProperty("status").GetString());
        JsonElement ready = await OneAsync(scene, "pitrEnable", "pitr", "enable");
        Assert.Equal("succeeded", ready.GetProperty("status").GetString());
        Assert.All(ready.GetProperty("findings").EnumerateArray(), f => Assert.NotEqual("failed", f.GetProperty("verdict").GetString()));
        JsonElement received = await OneAsync(scene, "walReceive", "wal", "receive", "--catch-up");
        Assert.Equal(2, received.GetProperty("repositories").GetArrayLength());
        Assert.True((await OneAsync(scene, "walPush", "wal", "push", file)).GetProperty("repositories").GetArrayLength() == 2);
        Assert.True((await OneAsync(scene, "walFetch", "wal", "fetch", name, scene.Scene.Folder["got"])).GetProperty("found").GetBoolean());
        IReadOnlyList<JsonElement> windows = await LinesAsync(scene, 0, "wal", "window");
        Assert.Equal(["one", "two"], windows.Select(w => w.GetProperty("repository").GetString()!).Order(StringComparer.Ordinal));
        Assert.All(windows, w => Assert.Equal("recoveryWindow", w.GetProperty("type").GetString()));
        // One that is lost is told, and does not hide the other; none at all is a failure.
        Directory.Move(scene.Scene.Repository("two"), scene.Scene.Repository("lost"));
        windows = await LinesAsync(scene, 3, "wal", "window");
        Assert.Contains(scene.Scene.Repository("two"), windows.Single(w => w.GetProperty("repository").GetString() == "two").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, windows.Single(w => w.GetProperty("repository").GetString() == "one").GetProperty("message").ValueKind);
        Directory.Move(scene.Scene.Repository("one"), scene.Scene.Repository("also-lost"));
        Assert.Equal("error", Assert.Single(await LinesAsync(scene, 10, "wal", "window")).GetProperty("type").GetString());
        Directory.Move(scene.Scene.Repository("also-lost"), scene.Scene.Repository("one"));
        Directory.Move(scene.Scene.Repository("lost"), scene.Scene.Repository("two"));
        JsonElement status = Assert.Single(await LinesAsync(scene, 1, "wal", "status"));
        Assert.Equal(("replication", "failed", "drp_shop_db"), (status.GetProperty("type").GetString(), status.GetProperty("verdict").GetString(), status.GetProperty("slot").GetString()));
        string units = scene.Scene.Folder["units"];
        JsonElement planned = await OneAsync(scene, "serviceRegister", "service", "register", "--folder", units, "--program", "/bin/true", "--dry-run");
        Assert.Contains("wal receive", planned.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(units));
        Assert.Equal("systemd", (await OneAsync(scene, "serviceRegister", "service", "register", "--folder", units, "--program", "/bin/true")).GetProperty("manager").GetString());
        Assert.Equal("current", (await OneAsync(scene, "service", "service", "list", "--folder", units)).GetProperty("state").GetString());
        Assert.Equal("succeeded", (await OneAsync(scene, "serviceUnregister", "service", "unregister", "--folder", units)).GetProperty("status").GetString());
        Assert.Equal("pitrDisable", Assert.Single(await LinesAsync(scene, 0, "pitr", "disable", "--yes")).GetProperty("type").GetString());
        Assert.Equal("error", Assert.Single(await LinesAsync(scene, 2, "wal", "receive", "--component", "nobody")).GetProperty("type").GetString());
    }

    private static async Task<JsonElement> OneAsync(WalScene scene, string type, params string[] arguments)
    {
        JsonElement line = Assert.Single(await LinesAsync(scene, 0, arguments));
        Assert.Equal(type, line.GetProperty("type").GetString());
        return line;
    }

    /// <summary>The results; messages, which go to standard error, are told apart by their type.</summary>
    private static async Task<IReadOnlyList<JsonElement>> LinesAsync(WalScene scene, int code, params string[] arguments)
    {
        var (exit, output) = await DrpProgram.RunAsync(scene.Scene, [.. arguments, "--json"]);
        Assert.True(exit == code, $"{exit}: {output}");
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<JsonElement>(l)).Where(l => l.GetProperty("type").GetString() is not ("message" or "progress"))];
    }
}
