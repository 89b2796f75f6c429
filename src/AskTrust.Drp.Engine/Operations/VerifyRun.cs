using System.Globalization;
using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Files;
using AskTrust.Drp.Engine.Operations.Kinds;
using AskTrust.Drp.Engine.Operations.Wal;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Verifies sets to the depth asked for and records the verdicts.</summary>
internal sealed class VerifyRun(OperationContext context, VerifyOptions options)
{
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);

    /// <summary>Runs; one result for each set and repository.</summary>
    public async IAsyncEnumerable<VerificationResult> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var phases = new PhaseClock(context.Clock);
        await Leftovers.SweepAsync(context.Host, containers: false, ct).ConfigureAwait(false);
        IEncryption? encryption = context.Plan.Encryption is null || options.Depth == VerificationDepth.Present ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        List<VerificationResult> results = [];
        await foreach (var wal in new WalVerify(context, options).RunAsync(ct).ConfigureAwait(false))
        {
            results.Add(wal);
            yield return wal;
        }

        var verifier = new Verifier(context.Catalog, new VerifierKeys(encryption, (repository, manifest, artifact, plain, c) => ListAsync(repository, manifest, artifact, plain, encryption, c)));
        await foreach (var result in verifier.VerifyAsync(options, ct).ConfigureAwait(false))
        {
            results.Add(result);
            yield return result;
        }

        var looked = results.Where(r => !r.Remembered).ToList();
        if (looked.Count == 0) yield break;
        bool good = looked.All(r => r.Verdict != CheckVerdict.Failed && r.Code == DrpError.None);
        using var brief = new CancellationTokenSource(s_brief);
        await context.RecordAsync("verify", context.Plan.Name, good ? RunStatus.Succeeded : RunStatus.Failed, good ? DrpError.None : DrpError.VerificationFailed, phases, new(StringComparer.Ordinal)
        {
            ["depth"] = options.Depth.ToString(),
            ["verified"] = looked.Count(r => r.Verdict != CheckVerdict.Failed).ToString(CultureInfo.InvariantCulture),
            ["failed"] = string.Join(", ", looked.Where(r => r.Verdict == CheckVerdict.Failed).Select(r => $"{r.Repository}:{r.Id}")),
        }, brief.Token).ConfigureAwait(false);
    }

    /// <summary>The second opinion on an archive: PostgreSQL's own, or a look at each entry.</summary>
    private async Task<string?> ListAsync(IRepository repository, Manifest manifest, BackupArtifact artifact, Stream plain, IEncryption? encryption, CancellationToken ct)
    {
        if (artifact.Role is "base" or "tablespace") return await TarCheck.LookAsync(manifest, artifact, plain, ct).ConfigureAwait(false);
        if (manifest.Components.FirstOrDefault(c => c.Component == artifact.Component) is { Files: not null } files && new FilesIndexCheck(context, repository, manifest, files, encryption) is var chained && chained.Knows(artifact))
        {
            return await chained.LookAsync(artifact, plain, ct).ConfigureAwait(false);
        }

        if (manifest.Components.FirstOrDefault(c => c.Component == artifact.Component) is { } component && ComponentKinds.Find(context, component.Type) is { } kind)
        {
            return await kind.LookAsync(component, artifact, plain, ct).ConfigureAwait(false);
        }

        if (artifact.Role is not ("dump" or "data") || manifest.Components.FirstOrDefault(c => c.Component == artifact.Component)?.PostgreSql is not { } facts) return null;
        Command list = await ClientPrograms.CommandAsync(context.Host.Processes, "pg_restore", facts.Major, ct, "--list").ConfigureAwait(false);
        var listing = await ArchiveListing.ReadAsync(context.Host, list, plain, ct).ConfigureAwait(false);
        return listing.ExitCode == 0 ? null : Text.Of(OperationsTexts.ArchiveUnreadable, artifact.Name, listing.Errors);
    }
}
