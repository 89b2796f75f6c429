using AskTrust.Drp.Integration.Tests;
using AskTrust.Drp.Integration.Tests.PostgreSqlRestore;
using Xunit.Abstractions;

// These tests wait for servers, containers and time limits as much as they compute: more of them side by side than there are processors. What measures time or memory runs alone (RunsAlone).
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
[assembly: TestCollectionOrderer("AskTrust.Drp.Integration.Tests." + nameof(LongestFirst), "AskTrust.Drp.Integration.Tests")]

namespace AskTrust.Drp.Integration.Tests;

/// <summary>What takes longest begins first, so that nothing long is left to run by itself at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] s_long = [".Orchestration.", ".Examples.", RestoreBed.Collection, ".Faults.Kill", ".PointInTime.", ".Wal."];

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(Rank).ThenBy(c => c.DisplayName, StringComparer.Ordinal);

    private static int Rank(ITestCollection collection)
    {
        int rank = Array.FindIndex(s_long, l => collection.DisplayName.Contains(l, StringComparison.Ordinal));
        return rank < 0 ? s_long.Length : rank;
    }
}
