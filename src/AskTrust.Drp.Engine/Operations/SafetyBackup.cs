using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Saves what a restore is about to replace, as a set of kind <c>safety</c> in the plan's repositories.</summary>
internal static class SafetyBackup
{
    /// <summary>Takes it.</summary>
    /// <returns>Id of the set.</returns>
    /// <exception cref="DrpException">It could not be taken: then nothing is replaced either.</exception>
    public static async Task<string> TakeAsync(OperationContext context, PostgreSqlPlan target, string database, string reason, CancellationToken ct)
    {
        // The database that stands there now, whatever the plan says of it; no canary is written into it.
        PostgreSqlPlan own = target with { Canary = false };
        var components = new Dictionary<string, ComponentPlan>(context.Plan.Components, StringComparer.Ordinal) { [own.Name] = own };
        var narrowed = context with
        {
            Plan = context.Plan with { Components = components },
            Source = (_, _) => new PostgreSqlSource(own, context.Plan.Path, context.Host, database),
        };
        try
        {
            var report = await new BackupRun(narrowed, new BackupOptions { Components = [own.Name], Kind = "safety", Reason = reason }).RunAsync(ct).ConfigureAwait(false);
            return report.Id;
        }
        catch (DrpException e)
        {
            throw new DrpException(e.Code, Text.Of(OperationsTexts.NoSafetyBackup, database, e.Message), e) { Subject = database, Hint = OperationsTexts.NoSafetyBackupHint };
        }
    }
}
