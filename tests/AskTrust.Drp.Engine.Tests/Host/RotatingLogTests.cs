using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Tests.Host;

public sealed class RotatingLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("drp-log-").FullName;

    [Fact]
    public void It_never_grows_beyond_its_bound_and_keeps_what_is_newest()
    {
        var log = new RotatingLog(Path.Join(_folder, "deep", "x.log"), TimeProvider.System, limit: 1000);

        for (int i = 0; i < 300; i++) log.Write("INFO", $"line {i}\nof two");

        var files = new DirectoryInfo(Path.Join(_folder, "deep")).GetFiles();
        Assert.Equal(1 + RotatingLog.Older, files.Length);
        Assert.All(files, f => Assert.InRange(f.Length, 1, 1000));
        Assert.EndsWith("INFO line 299 | of two\n", File.ReadAllText(Path.Join(_folder, "deep", "x.log")), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_cannot_be_written_stops_nothing()
    {
        File.WriteAllText(Path.Join(_folder, "file"), "");

        new RotatingLog(Path.Join(_folder, "file", "x.log"), TimeProvider.System).Write("INFO", "lost");

        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
