using System.Diagnostics;
using System.Globalization;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Tests.Host;
using Xunit.Abstractions;

namespace AskTrust.Drp.Engine.Tests.Pipeline;

/// <summary>Not run unless asked for: <c>DRP_MEASURE=1 dotnet test --filter PipelineMeasurements</c>.</summary>
public sealed class PipelineMeasurements(TestKeys keys, ITestOutputHelper output) : IClassFixture<TestKeys>, IDisposable
{
    private const long Total = 1L << 30;
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Packing_is_about_as_fast_as_zstd_and_gpg_in_a_shell(bool text)
    {
        Skip.If(Environment.GetEnvironmentVariable("DRP_MEASURE") is null, "Set DRP_MEASURE=1 to measure.");
        string file = Path.Combine(_host.Folder, "plain");
        await MakeFileAsync(file, text);
        string home = Directory.CreateTempSubdirectory("drpm-").FullName;
        await _host.Runner.RunAsync(new Command("gpg", "--homedir", home, "--batch", "--import", keys.Alice.PublicFile), default);
        for (int round = 0; round < 2; round++)
        {
            var watch = Stopwatch.StartNew();
            string script = $"time (zstd -3 -T2 -q -c '{file}' | gpg --homedir {home} --batch --trust-model always --cipher-algo AES256 -z 0 -r {keys.Alice.Fingerprint} -e | cat >/dev/null)";
            var shell = await _host.Runner.RunAsync(new Command("bash", "-c", script), default);
            double shellSeconds = watch.Elapsed.TotalSeconds;
            Assert.True(shell.Ok, shell.Errors);

            await using var gpg = new GnuPg(_host.Context, new EncryptionPlan { Recipients = [keys.Alice.Fingerprint], PublicKeys = [keys.Alice.PublicFile] }, "/");
            TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
            watch.Restart();
            var packed = await new Packer(_host.Context).PackAsync(new PackRequest
            {
                Source = (sink, ct) => CopyAsync(file, sink, ct),
                Compression = new CompressionPlan { Threads = 2 },
                Encryption = gpg,
                Branches = [new("a", new OddSink(), TimeSpan.FromMinutes(5)), new("b", new OddSink(), TimeSpan.FromMinutes(5))],
            }, default);
            double seconds = watch.Elapsed.TotalSeconds;
            Assert.All(packed.Branches, b => Assert.Null(b.Error));
            cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"text={text} shell {shellSeconds:0.00} s, ours {seconds:0.00} s ({cpu.TotalSeconds:0.00} s cpu without gpg), stored {packed.Size >> 20} MiB; shell times: {shell.Errors.ReplaceLineEndings(" ")}"));
        }

        Directory.Delete(home, recursive: true);
    }

    [SkippableTheory]
    [InlineData(1, 4)]
    [InlineData(3, 2)]
    [InlineData(3, 4)]
    [InlineData(6, 4)]
    [InlineData(9, 4)]
    [InlineData(12, 4)]
    [InlineData(15, 4)]
    [InlineData(19, 4)]
    public async Task Memory_of_each_level(int level, int threads)
    {
        Skip.If(Environment.GetEnvironmentVariable("DRP_MEASURE") is null, "Set DRP_MEASURE=1 to measure.");
        byte[] block = TestBytes.Make(1 << 20, text: true);
        GC.Collect();
        long before = ReadStatus("VmRSS");
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5");
        var counting = new OddSink();
        await using (var sink = Compression.Compress(_host.Context, new CompressionPlan { Level = level, Threads = threads }, counting))
        {
            for (int i = 0; i < (level > 12 ? 40 : 200); i++)
            {
                block[i] ^= (byte)i;
                await sink.WriteAsync(block, default);
            }

            await sink.CompleteAsync(default);
        }

        long more = (ReadStatus("VmHWM") - before) / 1024;
        Assert.InRange(more, 0, 110);
        output.WriteLine($"level {level}, {threads} threads: +{more} MiB, ratio {counting.Bytes * 100 / (block.Length * (level > 12 ? 40L : 200L))} %");
    }

    private static long ReadStatus(string key) => long.Parse(File.ReadLines("/proc/self/status").Single(l => l.StartsWith(key + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private static async Task CopyAsync(string file, ISink sink, CancellationToken ct)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
        byte[] buffer = new byte[512 * 1024];
        while (await stream.ReadAsync(buffer, ct) is > 0 and int count) await sink.WriteAsync(buffer.AsMemory(0, count), ct);
    }

    private static async Task MakeFileAsync(string path, bool text)
    {
        await using var stream = new FileStream(path, FileMode.Create);
        string[] words = [.. Enumerable.Range(0, 3000).Select(i => Convert.ToHexString(BitConverter.GetBytes(i * 7919))[..(2 + i % 7)])];
        var random = new Random(3);
        byte[] block = new byte[1 << 20];
        for (long done = 0; done < Total; done += block.Length)
        {
            if (!text)
            {
                random.NextBytes(block);
            }
            else
            {
                for (int at = 0; at < block.Length;)
                {
                    string word = words[(int)(random.NextDouble() * random.NextDouble() * words.Length)] + (at % 90 > 80 ? "\n" : "\t");
                    at += System.Text.Encoding.ASCII.GetBytes(word.AsSpan(0, Math.Min(word.Length, block.Length - at)), block.AsSpan(at));
                }
            }

            await stream.WriteAsync(block);
        }
    }
}
