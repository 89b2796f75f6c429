using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.PowerShell.Completion;

/// <summary>Reads a plan, and on demand its sets, within the time an operator waits after pressing Tab.</summary>
internal sealed class PlanReader(DrpSession session, CancellationToken ct)
{
    private const int MostSets = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1.5);

    /// <summary>The plan.</summary>
    public DrpPlan Plan => session.Plan;

    /// <summary>The newest sets.</summary>
    public IReadOnlyList<BackupSet> Sets => ReadSetsAsync().GetAwaiter().GetResult();

    /// <summary>Opens the plan, reads, closes it. Gives up in time, even on a driver that does not.</summary>
    public static IReadOnlyList<Offer> Read(string plan, Func<PlanReader, IReadOnlyList<Offer>> read)
    {
        using var patience = new CancellationTokenSource(s_patience);
        var token = patience.Token;
        return Task.Run(
            async () =>
            {
                var session = await DrpSession.OpenAsync(plan, new EngineOptions(), token).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    return read(new PlanReader(session, token));
                }
            },
            token).WaitAsync(s_patience + s_patience, CancellationToken.None).GetAwaiter().GetResult();
    }

    private async Task<IReadOnlyList<BackupSet>> ReadSetsAsync()
    {
        List<BackupSet> sets = [];
        await foreach (var set in session.ListAsync(new BackupFilter(), ct).ConfigureAwait(false))
        {
            sets.Add(set);
            if (sets.Count == MostSets) break;
        }

        return sets;
    }
}
