using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Writes what was done into the evidence ledger.</summary>
internal static class Recording
{
    /// <summary>Appends a record. The work is done either way: a ledger that cannot be written is a warning, never a failure of the work.</summary>
    /// <returns>Digest of the record; null when it could not be written.</returns>
    public static async Task<string?> RecordAsync(
        this OperationContext context, string operation, string subject, RunStatus status, DrpError code, PhaseClock phases, Dictionary<string, string> facts, CancellationToken ct)
    {
        var entry = new EvidenceEntry
        {
            Operation = operation,
            Subject = subject,
            Status = status,
            Code = code,
            Started = phases.Started,
            Elapsed = phases.Elapsed,
            Phases = [.. phases.Phases],
            Facts = facts.Where(f => f.Value.Length > 0).ToDictionary(f => f.Key, f => context.Host.Redactor.Clean(f.Value), StringComparer.Ordinal),
        };
        try
        {
            return (await context.Evidence.AppendAsync(entry, ct).ConfigureAwait(false)).Digest;
        }
        catch (Exception e) when (e is DrpException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.NotRecorded, operation, subject, e.Message));
            return null;
        }
    }
}
