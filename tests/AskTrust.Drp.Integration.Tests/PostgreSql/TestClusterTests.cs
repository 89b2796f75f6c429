using System.Globalization;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.PostgreSql;

/// <summary>A machine that runs these tests every day keeps nothing of their servers: Linux gives out 4096 segments of shared memory.</summary>
public sealed class TestClusterTests
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_of_the_tests_gives_its_shared_memory_back(bool killed)
    {
        Requires.That(File.Exists("/proc/sysvipc/shm"), "no System V shared memory here");
        await using var cluster = await PostgreSqlCluster.StartAsync();
        string server = cluster.ProcessId.ToString(CultureInfo.InvariantCulture);
        Assert.NotEmpty(Segments(server));
        if (killed) await cluster.KillAsync();
        await cluster.DisposeAsync();
        Assert.Empty(Segments(server));
    }

    private static List<string> Segments(string creator) =>
        [.. File.ReadLines("/proc/sysvipc/shm").Where(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 4 } fields && fields[4] == creator)];
}
