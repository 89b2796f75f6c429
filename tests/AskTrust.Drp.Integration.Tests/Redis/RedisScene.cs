using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Redis;

/// <summary>A Redis server with values of every type, a directory repository, a plan.</summary>
internal sealed class RedisScene : IAsyncDisposable
{
    /// <summary>Not part of any other secret of the tests: what watches command lines would take this one, which the test-bed itself gives to redis-cli, for another.</summary>
    public const string Password = "redis-word-of-its-own";

    private RedisScene(RedisServer server, TestFolder folder) => (Server, Folder) = (server, folder);

    public RedisServer Server { get; }

    public TestFolder Folder { get; }

    public string Data => Folder["data"];

    public Listener Heard { get; } = new();

    public static async Task<RedisScene> SetAsync(Func<RedisScene, string>? component = null, params string[] settings)
    {
        Requires.Programs("redis-server", "redis-cli", "gpg", "zstd");
        Environment.SetEnvironmentVariable("DRP_TEST_REDIS", Password);
        var folder = new TestFolder("redis");
        var scene = new RedisScene(await RedisServer.StartAsync(folder["data"], Password, settings), folder);
        folder.Write("passphrase", "correct horse battery staple");
        scene.Plan(component?.Invoke(scene) ?? $"{{ type: redis, url: \"{scene.Server.Url}\", password: \"${{env:DRP_TEST_REDIS}}\", dataDirectory: {scene.Data} }}");
        return scene;
    }

    public void Plan(string component) => Folder.Write("drp.yaml", $$"""
        version: 1
        name: shop
        components:
          cache: {{component}}
        repositories:
          one: { type: directory, path: {{Folder["one"]}} }
        encryption: { passphrase: "${file:{{Folder["passphrase"]}}}" }
        """);

    /// <summary>Values of every type, in two databases; 300 keys with a time to live, some of it over.</summary>
    public async Task FillAsync()
    {
        await Server.LuaAsync("""
            for i = 1, 2000 do redis.call('SET', 's' .. i, string.rep('x', i)) end
            for i = 1, 300 do redis.call('SET', 'e' .. i, i, 'PX', 3600000 + i) end
            for i = 1, 400 do redis.call('RPUSH', 'list', 'v' .. i); redis.call('SADD', 'set', 'v' .. i); redis.call('SADD', 'ints', i); redis.call('ZADD', 'z', i / 3, 'm' .. i); redis.call('HSET', 'h', 'f' .. i, string.rep('y', i % 90)) end
            redis.call('RPUSH', 'small', 1, 2, 3); redis.call('HSET', 'hs', 'a', 1); redis.call('ZADD', 'zs', 1, 'a'); redis.call('SADD', 'ss', 'a', 'b'); redis.call('RPUSH', 'big', string.rep('big', 9000))
            for i = 1, 500 do redis.call('XADD', 'stream', i .. '-1', 'field', i) end
            redis.call('XGROUP', 'CREATE', 'stream', 'g', '0'); redis.call('XREADGROUP', 'GROUP', 'g', 'c1', 'COUNT', 20, 'STREAMS', 'stream', '>')
            """);
        await Server.LuaAsync("for i = 1, 77 do redis.call('SET', 'd' .. i, -i) end", 3);
        await Server.CliAsync("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)");
    }

    public async Task<T> WithAsync<T>(Func<DrpSession, Task<T>> act)
    {
        await using var session = await DrpSession.OpenAsync(Folder["drp.yaml"], new EngineOptions { StateDirectory = Folder["state"], Observer = Heard }, default);
        return await act(session);
    }

    public Task<BackupReport> BackUpAsync() => WithAsync(s => s.BackupAsync(new BackupOptions(), default));

    public Task<RestoreReport> RestoreAsync(RestoreComponentOptions options) => WithAsync(s => s.RestoreComponentAsync(options, default));

    public Task<RestoreTestResult> TryAsync(bool control = false) => WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { NegativeControl = control }, default));

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Folder.Dispose();
    }
}
