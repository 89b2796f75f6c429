namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>The recovery kit lies somewhere safe, where nobody can look; but when it was exported stands in the evidence, and a kit of an older plan may miss what is needed.</summary>
internal static class KitHealth
{
    /// <summary>Looks; nothing to tell where none was ever exported here.</summary>
    public static async Task<IReadOnlyList<HealthCheck>> AskAsync(OperationContext context, HealthJudge judge, CancellationToken ct)
    {
        EvidenceRecord? last = null;
        await foreach (EvidenceRecord record in context.Evidence.ReadAsync(ct).ConfigureAwait(false))
        {
            if (record is { Operation: "recovery-kit", Status: RunStatus.Succeeded }) last = record;
        }

        if (last is null) return [];
        var changed = new DateTimeOffset(File.GetLastWriteTimeUtc(context.Plan.Path), TimeSpan.Zero);
        return [changed > last.Started ? judge.Odd("recovery kit", HealthKind.Backup, Host.Text.Of(HealthTexts.KitOld, Human.Time(last.Started)), HealthTexts.KitAdvice) : judge.Good("recovery kit", HealthKind.Backup)];
    }
}
