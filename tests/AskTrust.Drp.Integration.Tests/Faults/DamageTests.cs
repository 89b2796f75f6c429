using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>Bytes that rot: whatever region is hit, verification finds it and a restore refuses it.</summary>
public sealed class DamageTests
{
    [SkippableFact]
    public async Task A_flipped_bit_in_any_region_of_an_artifact_is_found_and_refused()
    {
        await using var scene = await Scene.SetAsync();
        var backup = await scene.BackUpAsync();
        string[] artifacts = [.. Directory.EnumerateFiles(Folder(scene, backup.Id), "*.gpg").Order(StringComparer.Ordinal)];
        Assert.Equal(2, artifacts.Length);
        await AssertGoodAsync(scene, backup.Id);
        foreach (string artifact in artifacts)
        {
            byte[] good = await File.ReadAllBytesAsync(artifact);
            bool globals = artifact.Contains("globals", StringComparison.Ordinal);
            foreach (var (name, damage) in Damages(good.Length).Where((_, i) => !globals || i % 2 == 1))
            {
                await WriteAsync(artifact, damage(good));
                await AssertRefusedAsync(scene, backup.Id, $"{Path.GetFileName(artifact)}: {name}", globals);
            }

            await WriteAsync(artifact, good);
        }

        // Nothing but the damage was the reason.
        await AssertGoodAsync(scene, backup.Id);
    }

    [SkippableFact]
    public async Task A_flipped_bit_in_the_manifest_or_its_copy_is_found()
    {
        await using var scene = await Scene.SetAsync();
        var backup = await scene.BackUpAsync();
        string manifest = Path.Join(Folder(scene, backup.Id), "manifest.json"), copy = manifest + ".copy";
        byte[] good = await File.ReadAllBytesAsync(manifest);
        foreach (int place in (int[])[0, good.Length / 3, good.Length / 2, good.Length - 10])
        {
            foreach (string[] hit in (string[][])[[manifest], [copy], [manifest, copy]])
            {
                foreach (string file in hit) await WriteAsync(file, Flip(good, place));
                string what = $"byte {place} of {string.Join(" and ", hit.Select(h => Path.GetFileName(h)))}";
                var found = await VerifyAsync(scene, backup.Id);
                // With one good copy the set can still be used, which is a warning, and yet ends with the number of damage.
                var verdict = hit.Length == 2 ? CheckVerdict.Failed : CheckVerdict.Warning;
                Assert.True(found.Count == 1 && found[0].Verdict == verdict && found[0].Code == DrpError.VerificationFailed, $"{what} was not found: {Tell(found)}");
                if (hit.Length == 2) await AssertRestoreRefusedAsync(scene, backup.Id, what, globals: false);
                foreach (string file in hit) await WriteAsync(file, good);
            }
        }

        await AssertGoodAsync(scene, backup.Id);
    }

    [SkippableFact]
    public async Task A_manifest_that_was_rewritten_with_its_digest_does_not_fit_the_artifacts()
    {
        await using var scene = await Scene.SetAsync();
        var first = await scene.BackUpAsync();
        await scene.Cluster.SqlAsync("INSERT INTO customer (name) VALUES ('later')", "shop");
        var second = await scene.BackUpAsync();
        // The dump of another moment, whole and decryptable, under the name of this one.
        foreach (string file in Directory.EnumerateFiles(Folder(scene, first.Id), "*.dump*"))
            await WriteAsync(Path.Join(Folder(scene, second.Id), Path.GetFileName(file)), await File.ReadAllBytesAsync(file));
        await AssertRefusedAsync(scene, second.Id, "a dump exchanged for another", globals: false);
    }

    private static IEnumerable<(string Name, Func<byte[], byte[]?> Damage)> Damages(int length)
    {
        foreach (int place in (int[])[0, 12, length / 4, length / 2, length - 20, length - 1]) yield return ($"bit flipped in byte {place}", b => Flip(b, place));
        yield return ("last byte gone", b => b[..^1]);
        yield return ("half gone", b => b[..(b.Length / 2)]);
        yield return ("one byte more", b => [.. b, 0]);
        yield return ("empty", _ => []);
        yield return ("removed", _ => null);
    }

    private static byte[] Flip(byte[] bytes, int place)
    {
        byte[] bad = [.. bytes];
        bad[place] ^= 0x04;
        return bad;
    }

    private static string Folder(Scene scene, string id) => scene.Folder["one", "shop", "sets", id];

    /// <summary>Repositories write once; rot does not ask.</summary>
    private static async Task WriteAsync(string file, byte[]? bytes)
    {
        File.Delete(file);
        if (bytes is not null) await File.WriteAllBytesAsync(file, bytes);
    }

    private static Task<List<VerificationResult>> VerifyAsync(Scene scene, string id) => scene.WithAsync(async s =>
        await s.VerifyAsync(new VerifyOptions { Filter = new BackupFilter { Ids = [id], Repository = "one" }, Depth = VerificationDepth.Content }, default).ToListAsync());

    private static async Task AssertGoodAsync(Scene scene, string id)
    {
        var good = await VerifyAsync(scene, id);
        Assert.True(good.Count == 1 && good[0].Verdict == CheckVerdict.Ok, Tell(good));
        var restored = await scene.WithAsync(s => s.RestoreAsync(Restore(id, globals: true), default));
        Assert.Equal(RunStatus.Succeeded, restored.Status);
        await scene.Cluster.SqlAsync("DROP DATABASE copy");
    }

    private static async Task AssertRefusedAsync(Scene scene, string id, string what, bool globals)
    {
        var found = await VerifyAsync(scene, id);
        Assert.True(found.Count == 1 && found[0].Verdict == CheckVerdict.Failed && found[0].Code == DrpError.VerificationFailed, $"{what} was not found: {Tell(found)}");
        await AssertRestoreRefusedAsync(scene, id, what, globals);
    }

    private static async Task AssertRestoreRefusedAsync(Scene scene, string id, string what, bool globals)
    {
        DrpException? refused = null;
        try
        {
            await scene.WithAsync(s => s.RestoreAsync(Restore(id, globals), default));
        }
        catch (DrpException e)
        {
            refused = e;
        }

        Assert.True(refused is not null, $"{what} was restored");
        Assert.True(refused.Code is DrpError.VerificationFailed or DrpError.RepositoryMissing, $"{what} was refused with {refused.Code}: {refused.Message}");
        Assert.True(await scene.Cluster.SqlAsync("SELECT count(*) FROM pg_database WHERE NOT datistemplate") == "2", $"{what} left a database");
    }

    private static RestoreOptions Restore(string id, bool globals) => new() { Id = id, Repository = "one", Database = "copy", Globals = globals };

    private static string Tell(List<VerificationResult> found) => string.Join("; ", found.Select(f => $"{f.Verdict} {f.Code} {string.Join(", ", f.Problems)}").DefaultIfEmpty("no result"));
}
