using System.Globalization;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>A small file system of its own, that can be full. Mounting needs root: without, the test is skipped.</summary>
internal sealed class Tmpfs : IAsyncDisposable
{
    private Tmpfs(string path) => Path = path;

    public string Path { get; }

    private string Filler => System.IO.Path.Join(Path, "filler");

    public static async Task<Tmpfs> MountAsync(string path, int mebibytes)
    {
        Skip.IfNot(Environment.UserName == "root" && OperatingSystem.IsLinux(), "mounting a small file system needs root");
        Directory.CreateDirectory(path);
        try
        {
            await ChildProcess.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={mebibytes.ToString(CultureInfo.InvariantCulture)}m,mode=755", "drp-test", path]);
        }
        catch (InvalidOperationException e)
        {
            Skip.If(true, $"mounting is not allowed here: {e.Message}");
        }

        return new Tmpfs(path);
    }

    /// <summary>Takes all the room that is left.</summary>
    public void Fill()
    {
        // Unbuffered, and smaller and smaller pieces: not one byte stays free.
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        for (int piece = 1 << 20; piece > 0; piece /= 16)
        {
            try
            {
                while (true) file.Write(new byte[piece]);
            }
            catch (IOException)
            {
                // Full, for pieces of this size.
            }
        }
    }

    public void Free() => File.Delete(Filler);

    /// <summary>Fills it up as soon as a file that fits appears.</summary>
    public async Task FillWhenAsync(string pattern, CancellationToken ct)
    {
        while (!Directory.EnumerateFiles(Path, pattern, SearchOption.AllDirectories).Any(f => f != Filler)) await Task.Delay(5, ct);
        Fill();
    }

    public async ValueTask DisposeAsync() => await ChildProcess.RunAsync("umount", ["-l", Path]);
}
