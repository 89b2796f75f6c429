using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>The proof for files: everything is extracted into a throw-away folder, and what lies there is counted and compared with the manifest.</summary>
internal sealed class FilesTest(OperationContext context, RestoreTestOptions options, PhaseClock phases)
{
    private const string Where = "folder";

    /// <summary>Runs. A test that was run and failed is a result; one that could not be run is an exception.</summary>
    public async Task<RestoreTestResult> RunAsync(CatalogSet set, IRepository repository, FilesSet files, CancellationToken ct)
    {
        await GnuTar.RequireAsync(context.Host, ct).ConfigureAwait(false);
        IEncryption? encryption = files.Archives.Any(a => a.Artifact.Encrypted) && context.Plan.Encryption is not null ? context.Encryption() : null;
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        Lease? lease = await new LeaseKeeper(context.Catalog).AcquireAsync(repository, LeaseMode.Read, "restore test", ct).ConfigureAwait(false);
        await using var __ = (lease ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        List<AssertionResult> assertions = [];
        RestoreTestResult result = NewResult(set, repository, files);
        try
        {
            foreach (var (folder, artifact) in files.Archives)
            {
                TarTally found = await phases.MeasureAsync("restore", () => ExtractAsync(set, repository, folder, artifact, encryption, null, ct)).ConfigureAwait(false);
                assertions.Add(Same(Text.Of(OperationsTexts.FilesOf, folder.Path), folder.Files, found.Files));
                assertions.Add(Same(Text.Of(OperationsTexts.BytesOf, folder.Path), folder.Bytes, found.Bytes));
            }

            result = result with { Verdict = CheckVerdict.Ok, Code = DrpError.None, Files = files.Archives.Sum(a => a.Folder.Files) };
            if (options.NegativeControl) result = await ControlAsync(result, set, repository, files, encryption, ct).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            result = result with { Verdict = CheckVerdict.Failed, Code = e.Code == DrpError.Failed ? DrpError.VerificationFailed : e.Code, Message = e.Message };
        }

        return result with { Duration = phases.Elapsed, Phases = phases.Phases, Assertions = assertions, Warnings = files.Component.Missing ?? [] };
    }

    private async Task<TarTally> ExtractAsync(CatalogSet set, IRepository repository, FolderFacts facts, BackupArtifact artifact, IEncryption? encryption, Func<Stream, Stream>? damage, CancellationToken ct)
    {
        using TempFolder temp = context.Host.Temp.CreateFolder("files");
        new FilesTarget(temp.Path, true, true).RequireRoom(artifact.PlainSize);
        string folder = Path.Combine(temp.Path, "restored");
        Directory.CreateDirectory(folder);
        try
        {
            Stream plain = await FilesSet.OpenAsync(context, set.Id, repository, artifact, encryption, damage, ct).ConfigureAwait(false);
            await using var _ = plain.ConfigureAwait(false);
            string activity = Text.Of(OperationsTexts.RestoringFiles, artifact.Component);
            void Progress(long bytes) => context.Host.Observer.On(new DrpProgress(activity, artifact.Name, bytes, artifact.PlainSize));
            TarTally found = await new FilesExtraction(context.Host).ExtractAsync(plain, folder, facts, new IncludeRules([]), Progress, ct).ConfigureAwait(false);
            context.Host.Observer.On(new DrpProgress(activity, artifact.Name, artifact.PlainSize, artifact.PlainSize, ProgressUnit.Bytes, Finished: true));
            return found;
        }
        finally
        {
            await FilesExtraction.RemoveAsync(context.Host, folder, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Two ways in which a copy can be bad, through the road of the real test: a flipped bit, and a file that is missing. The tester has to notice both.</summary>
    private async Task<RestoreTestResult> ControlAsync(RestoreTestResult result, CatalogSet set, IRepository repository, FilesSet files, IEncryption? encryption, CancellationToken ct)
    {
        var (facts, artifact) = files.Archives[0];
        string? missed = null;
        await phases.MeasureAsync(RestoreTestResult.NegativeControlPhase, async () =>
        {
            if (!await RefusesAsync(facts, stored => new DamagedStream(stored, artifact.Size / 2)).ConfigureAwait(false)) missed = OperationsTexts.MissedDamage;
            else if (!await RefusesAsync(facts with { Entries = facts.Entries + 1, Files = facts.Files + 1 }, null).ConfigureAwait(false)) missed = OperationsTexts.MissedFile;
        }).ConfigureAwait(false);
        return missed is null
            ? result with { NegativeControl = true }
            : result with { NegativeControl = false, Verdict = CheckVerdict.Failed, Code = DrpError.VerificationFailed, Message = missed };

        async Task<bool> RefusesAsync(FolderFacts claimed, Func<Stream, Stream>? damage)
        {
            try
            {
                await ExtractAsync(set, repository, claimed, artifact, encryption, damage, ct).ConfigureAwait(false);
                return false;
            }
            catch (DrpException)
            {
                return true;
            }
        }
    }

    private static AssertionResult Same(string name, long expected, long found) => new()
    {
        Kind = AssertionKind.Check, Name = name, Verdict = expected == found ? CheckVerdict.Ok : CheckVerdict.Failed,
        Expected = expected.ToString(CultureInfo.InvariantCulture), Actual = found.ToString(CultureInfo.InvariantCulture),
    };

    private RestoreTestResult NewResult(CatalogSet set, IRepository repository, FilesSet files)
    {
        string? kind = context.Plan.Components.GetValueOrDefault(files.Component.Component)?.Class;
        ObjectivePlan? objective = kind is null ? null : context.Plan.Objectives.GetValueOrDefault(kind);
        return new RestoreTestResult
        {
            Plan = context.Plan.Path, Product = context.Plan.Name, Id = set.Set.Id, Repository = repository.Name, Component = files.Component.Component, Verdict = CheckVerdict.Failed, Where = Where,
            Started = phases.Started, Duration = TimeSpan.Zero, Phases = [], ObjectiveRto = objective?.Rto, ObjectiveRpo = objective?.Rpo, Size = set.Set.Size, ManifestSha256 = files.Manifest.Sha256,
        };
    }
}
