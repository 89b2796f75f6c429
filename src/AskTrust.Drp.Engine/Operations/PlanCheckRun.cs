using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Plan;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Tries everything a plan relies on, all at once; each verdict comes as soon as it is known.</summary>
internal sealed class PlanCheckRun(OperationContext context)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs.</summary>
    public async IAsyncEnumerable<PlanCheck> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        yield return Ok("plan", OperationsTexts.CheckReads, Text.Of(OperationsTexts.PlanReads, context.Plan.Components.Count, context.Plan.Repositories.Count, context.Plan.Jobs.Count), TimeSpan.Zero);
        foreach (var warning in PlanAnalyser.Analyse(context.Plan)) yield return warning;

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(s_deadline);
        var found = Channel.CreateUnbounded<PlanCheck>();
        Task all = Task.WhenAll(Probes(found.Writer, deadline.Token).Select(probe => Task.Run(probe, CancellationToken.None)))
            .ContinueWith(_ => found.Writer.Complete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await foreach (var check in found.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return check;
        await all.ConfigureAwait(false);
        ct.ThrowIfCancellationRequested();
    }

    private IEnumerable<Func<Task>> Probes(ChannelWriter<PlanCheck> found, CancellationToken ct)
    {
        foreach (var component in context.Plan.Components.Values)
        {
            string subject = $"component {component.Name}";
            yield return () => ProbeAsync(found, subject, OperationsTexts.CheckConnection, async () =>
            {
                foreach (var check in await context.Source(component, SetId.Full).ProbeAsync(ct).ConfigureAwait(false)) found.TryWrite(check);
                return null;
            }, ct);
            if (!WantsBase(component)) continue;
            yield return () => ProbeAsync(found, subject, OperationsTexts.CheckConnection, async () =>
            {
                foreach (var check in await context.Source(component, SetId.Base).ProbeAsync(ct).ConfigureAwait(false)) found.TryWrite(check);
                return null;
            }, ct);
        }

        foreach (var repository in context.Catalog.Repositories)
        {
            string subject = $"repository {repository.Name}";
            yield return () => ProbeAsync(found, subject, OperationsTexts.CheckRepository, () => RepositoryAsync(repository, ct), ct);
            if (!repository.IsReadOnly) yield return () => ProbeAsync(found, subject, OperationsTexts.CheckSpace, () => SpaceAsync(repository, ct), ct);
        }

        yield return () => ProbeAsync(found, "encryption", OperationsTexts.CheckKeys, () => KeysAsync(ct), ct);
        if (context.Plan.Encryption?.SigningKey is { } key) yield return () => ProbeAsync(found, $"signing key {key}", OperationsTexts.CheckSign, () => SigningAsync(ct), ct);
        if (context.Plan.Components.Values.Any(c => c is PostgreSqlPlan { RestoreTest.Where: not RestoreTestWhere.Container }))
        {
            yield return () => ProbeAsync(found, "restore test", OperationsTexts.CheckTools, () => RestoreToolsAsync(ct), ct);
        }
    }

    /// <summary>True when a job takes base backups of it.</summary>
    private bool WantsBase(ComponentPlan component) =>
        component is PostgreSqlPlan && context.Plan.Jobs.Values.Any(j => j.Kind == SetId.Base && (j.Components.Count == 0 || j.Components.Contains(component.Name, StringComparer.Ordinal)));

    /// <summary>Reachable, and (unless read-only) a small object can be written, read back and removed.</summary>
    private async Task<string?> RepositoryAsync(IRepository repository, CancellationToken ct)
    {
        await repository.CheckAsync(ct).ConfigureAwait(false);
        if (repository.IsReadOnly) return Text.Of(OperationsTexts.RepositoryReadable, repository.Location);
        string key = $"{context.Catalog.Keys.Locks}probe-{Guid.NewGuid():N}.json";
        await repository.PutAsync(key, "{}"u8.ToArray(), ct).ConfigureAwait(false);
        byte[] back = await repository.GetAsync(key, ct).ConfigureAwait(false);
        DeleteOutcome gone = await repository.DeleteAsync(key, ct).ConfigureAwait(false);
        if (!back.AsSpan().SequenceEqual("{}"u8)) throw new DrpException(DrpError.VerificationFailed, Text.Of(OperationsTexts.RepositoryLies, repository.Name)) { Subject = repository.Name };
        return Text.Of(gone == DeleteOutcome.Deleted ? OperationsTexts.RepositoryWritable : OperationsTexts.RepositoryAppendOnly, repository.Location);
    }

    private async Task<string?> SpaceAsync(IRepository repository, CancellationToken ct)
    {
        // Runs beside the check of access, which may make the folder just now.
        await repository.CheckAsync(ct).ConfigureAwait(false);
        if (await repository.FreeSpaceAsync(ct).ConfigureAwait(false) is not { } free) return Text.Of(OperationsTexts.SpaceUnknown, repository.Name);
        long? plain = 0;
        foreach (var component in context.Plan.Components.Values)
        {
            try
            {
                plain += await context.Source(component, SetId.Full).EstimateAsync(ct).ConfigureAwait(false);
            }
            catch (DrpException)
            {
                // The component's own check tells what is wrong with it.
                plain = null;
            }
        }

        CatalogSnapshot snapshot = await new CatalogReader(context.Catalog).ReadAsync(ct).ConfigureAwait(false);
        long? expected = SpaceCheck.Expect(plain, context.Plan.Compression.Kind != CompressionKind.None, SpaceCheck.LastLike(snapshot, [.. context.Plan.Components.Keys], isBase: false, builds: false));
        await SpaceCheck.RequireAsync(repository, expected, ct).ConfigureAwait(false);
        return expected is { } needed ? Text.Of(OperationsTexts.SpaceEnough, SpaceCheck.Size(free), SpaceCheck.Size(needed)) : Text.Of(OperationsTexts.SpaceFree, SpaceCheck.Size(free));
    }

    private async Task<string?> KeysAsync(CancellationToken ct)
    {
        if (context.Plan.Encryption is not { } plan) return OperationsTexts.Unencrypted;
        IEncryption encryption = context.Encryption();
        await using var _ = encryption.ConfigureAwait(false);
        await encryption.CheckAsync(ct).ConfigureAwait(false);
        return plan.Recipients.Count > 0 ? Text.Of(OperationsTexts.KeysFit, string.Join(", ", plan.Recipients)) : OperationsTexts.PassphraseFound;
    }

    private async Task<string?> SigningAsync(CancellationToken ct)
    {
        byte[] signature = await context.Signatures!.SignAsync("{}"u8.ToArray(), ct).ConfigureAwait(false);
        await context.Signatures.VerifyAsync("{}"u8.ToArray(), signature, context.Plan.Encryption!.SigningKey!, ct).ConfigureAwait(false);
        return OperationsTexts.SigningWorks;
    }

    private async Task<string?> RestoreToolsAsync(CancellationToken ct)
    {
        var (programs, user) = await ThrowawayCluster.ChooseAsync(context.Host, 0, ct).ConfigureAwait(false);
        return Text.Of(OperationsTexts.ClusterPossible, programs.Major, programs.Folder, user ?? Environment.UserName);
    }

    /// <summary>One probe: its own failure is its verdict, never that of the others; one that hangs is ended by the deadline.</summary>
    private async Task ProbeAsync(ChannelWriter<PlanCheck> found, string subject, string check, Func<Task<string?>> probe, CancellationToken ct)
    {
        long start = context.Clock.GetTimestamp();
        try
        {
            if (await probe().WaitAsync(ct).ConfigureAwait(false) is { } message) found.TryWrite(Ok(subject, check, message, context.Clock.GetElapsedTime(start)));
        }
        catch (OperationCanceledException)
        {
            found.TryWrite(Failed(subject, check, new DrpException(DrpError.Unreachable, Text.Of(OperationsTexts.CheckHangs, s_deadline.TotalSeconds)), context.Clock.GetElapsedTime(start)));
        }
        catch (Exception e)
        {
            found.TryWrite(Failed(subject, check, e, context.Clock.GetElapsedTime(start)));
        }
    }

    private PlanCheck Ok(string subject, string check, string message, TimeSpan elapsed) =>
        new() { Plan = context.Plan.Path, Subject = subject, Check = check, Verdict = CheckVerdict.Ok, Message = message, Elapsed = elapsed };

    private PlanCheck Failed(string subject, string check, Exception e, TimeSpan elapsed) => new()
    {
        Plan = context.Plan.Path,
        Subject = subject,
        Check = check,
        Verdict = CheckVerdict.Failed,
        Message = e.Message,
        Hint = (e as DrpException)?.Hint,
        Code = Failures.CodeOf(e),
        Elapsed = elapsed,
    };
}
