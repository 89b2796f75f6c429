using System.Security.Cryptography;
using System.Text.Json;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Remembers in the repositories what was proven, verified and pinned, so that every host knows it.</summary>
internal sealed class Memory(CatalogContext catalog)
{
    /// <summary>Remembers the result of a verification: in the repository that was verified, or where that is read-only in all others.</summary>
    public Task RememberAsync(VerificationResult result, CancellationToken ct)
    {
        Mark mark = NewMark(result.Id, (MarkKind)result.Depth, result.Verdict is CheckVerdict.Ok or CheckVerdict.Warning, result.Repository, null, result.Time, result.Problems);
        IRepository[] own = [.. catalog.Writable.Where(r => r.Name == result.Repository)];
        return WriteAsync(mark, own.Length > 0 ? own : [.. catalog.Writable], ct);
    }

    /// <summary>Remembers the result of a restore test, in every repository that is written to. Only a verdict on the copy counts: a test that could not run says nothing.</summary>
    public Task RememberAsync(RestoreTestResult result, CancellationToken ct)
    {
        bool passed = result.Verdict is CheckVerdict.Ok or CheckVerdict.Warning;
        bool judged = passed || result.Code == DrpError.VerificationFailed;
        Mark mark = NewMark(result.Id, MarkKind.Restore, passed, result.Repository, result.Component, result.Started + result.Duration, result.Message is null ? [] : [result.Message]);
        return judged ? WriteAsync(mark, [.. catalog.Writable], ct) : Task.CompletedTask;
    }

    /// <summary>Pins a set, or lifts its pin, in every repository that is written to.</summary>
    public async Task PinAsync(CatalogSnapshot snapshot, SetId id, bool pinned, string? reason, CancellationToken ct)
    {
        Pin pin = new(id, snapshot.PinNumber(id) + 1, pinned);
        PinRecord record = new(id.ToString(), pinned, catalog.Host.Clock.GetUtcNow(), Environment.MachineName, Environment.UserName, reason);
        await PutAsync(pin.Key(catalog.Keys), JsonSerializer.SerializeToUtf8Bytes(record, CatalogJson.Files.PinRecord), [.. catalog.Writable], ct).ConfigureAwait(false);
    }

    private Mark NewMark(string set, MarkKind kind, bool passed, string repository, string? component, DateTimeOffset time, IReadOnlyList<string> problems) => new()
    {
        Set = set,
        Kind = kind,
        Passed = passed,
        Repository = repository,
        Component = component,
        Time = time.ToUniversalTime(),
        Host = Environment.MachineName,
        Tool = catalog.Tool,
        Problems = problems,
    };

    private Task WriteAsync(Mark mark, IReadOnlyList<IRepository> places, CancellationToken ct)
    {
#pragma warning disable CA1308 // Hex.
        string random = Convert.ToHexString(RandomNumberGenerator.GetBytes(4)).ToLowerInvariant();
#pragma warning restore CA1308
        return PutAsync(mark.Key(catalog.Keys, random), JsonSerializer.SerializeToUtf8Bytes(mark, CatalogJson.Files.Mark), places, ct);
    }

    private async Task PutAsync(string key, byte[] bytes, IReadOnlyList<IRepository> places, CancellationToken ct)
    {
        Outages outages = new(catalog.Host);
        await Task.WhenAll(places.Select(p => outages.TryAsync(p, () => p.PutAsync(key, bytes, ct), ct))).ConfigureAwait(false);
        outages.Tell(CatalogTexts.NotRemembered);
        if (places.Count == 0)
        {
            catalog.Host.Say(DrpEventLevel.Verbose, CatalogTexts.NowhereToRemember);
        }
    }
}
