using System.Diagnostics;
using System.Text;
using AskTrust.Drp.Engine.Catalog;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>The manifest proves itself, and what was written by format 1 stays readable.</summary>
public sealed class ManifestTests
{
    private static readonly SetId s_id = CatalogFixture.Id("20260504T030000Z-full");

    [Fact]
    public void What_was_sealed_reads_back_the_same()
    {
        Manifest written = CatalogFixture.NewManifest(s_id) with { Reason = "before “4.2”\nline\u2028 é 🐘", Warnings = ["w"], Application = new("1.0", "abc") };
        SealedManifest file = SealedManifest.Seal(written);
        SealedManifest read = SealedManifest.Parse(file.Bytes.ToArray(), "x", s_id);
        Assert.Equal(file.Sha256, read.Sha256);
        Assert.Equal(written.Reason, read.Manifest.Reason);
        Assert.Equal(written.Artifacts, read.Manifest.Artifacts);
        Assert.Equal(file.Bytes.ToArray(), SealedManifest.Seal(read.Manifest).Bytes.ToArray());
    }

    [Fact]
    public void Every_changed_byte_is_noticed()
    {
        byte[] file = SealedManifest.Seal(CatalogFixture.NewManifest(s_id)).Bytes.ToArray();
        for (int i = 0; i < file.Length; i++)
        {
            byte[] changed = [.. file];
            changed[i] ^= 4;
            var e = Assert.ThrowsAny<DrpException>(() => SealedManifest.Parse(changed, "local: x", s_id));
            Assert.True(e.Code == DrpError.VerificationFailed || e is ManifestTooNewException, $"byte {i}: {e}");
        }
    }

    [Fact]
    public void A_truncated_file_is_noticed_wherever_it_ends()
    {
        byte[] file = SealedManifest.Seal(CatalogFixture.NewManifest(s_id)).Bytes.ToArray();
        for (int i = 0; i < file.Length; i++)
            Assert.Equal(DrpError.VerificationFailed, Assert.Throws<DrpException>(() => SealedManifest.Parse(file[..i], "x", s_id)).Code);
    }

    [Fact]
    public async Task The_digest_can_be_checked_with_sed_and_sha256sum()
    {
        SealedManifest file = SealedManifest.Seal(CatalogFixture.NewManifest(s_id) with { Reason = "a \"digest\": \"" + new string('f', 64) + "\"" });
        string path = Path.Combine(AppContext.BaseDirectory, $"{Guid.NewGuid():N}.json");
        await File.WriteAllBytesAsync(path, file.Bytes.ToArray());
        string script = $"sed -E 's/^(  \"digest\": \")[0-9a-f]{{64}}\"/\\1{new string('0', 64)}\"/' '{path}' | sha256sum";
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = await shell.StandardOutput.ReadToEndAsync();
        File.Delete(path);
        Assert.StartsWith(file.Manifest.Digest, output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_format_is_refused_by_name_and_not_called_damaged()
    {
        Manifest next = CatalogFixture.NewManifest(s_id) with { Format = Manifest.Chained + 1 };
        var e = Assert.Throws<ManifestTooNewException>(() => SealedManifest.Parse(SealedManifest.Seal(next).Bytes.ToArray(), "local: x", s_id));
        Assert.NotEqual(DrpError.VerificationFailed, e.Code);
        Assert.NotNull(e.Hint);
    }

    [Fact]
    public void Fields_of_a_later_minor_version_are_kept()
    {
        string text = Encoding.UTF8.GetString(SealedManifest.Seal(CatalogFixture.NewManifest(s_id)).Bytes.Span);
        string later = text.Replace($"\"digest\": \"{SealedManifest.Seal(CatalogFixture.NewManifest(s_id)).Manifest.Digest}\"", $"\"digest\": \"{SelfDigest.Zeros}\",\n  \"mood\": {{ \"today\": [1, 2] }}", StringComparison.Ordinal).TrimEnd('\n');
        (byte[] bytes, _) = SelfDigest.Seal(Encoding.UTF8.GetBytes(later));
        Manifest read = SealedManifest.Parse(bytes, "x", s_id).Manifest;
        Assert.Contains("mood", read.Further!.Keys);
        Assert.Contains("\"mood\"", Encoding.UTF8.GetString(SealedManifest.Seal(read).Bytes.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("manifest.json")]
    [InlineData("manifest.json.sig")]
    [InlineData("RESTORE.md")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a\nb")]
    public void An_artifact_name_that_leads_elsewhere_is_refused(string name)
    {
        Manifest m = CatalogFixture.NewManifest(s_id);
        m = m with { Artifacts = [m.Artifacts[0] with { Name = name }] };
        Assert.Equal(DrpError.VerificationFailed, Assert.Throws<DrpException>(() => SealedManifest.Parse(SealedManifest.Seal(m).Bytes.ToArray(), "x", s_id)).Code);
    }

    [Fact]
    public void An_artifact_has_the_digest_of_its_plain_bytes_or_of_the_packed_ones()
    {
        Manifest m = CatalogFixture.NewManifest(s_id);
        BackupArtifact one = m.Artifacts[0], packed = one with { PackedSha256 = one.PlainSha256, PlainSha256 = null };
        Assert.Equal(packed.PackedSha256, Read(packed).Artifacts[0].PackedSha256);
        foreach (BackupArtifact bad in (BackupArtifact[])[one with { PackedSha256 = one.PlainSha256 }, one with { PlainSha256 = null }, packed with { PackedSha256 = "abc" }])
            Assert.Throws<DrpException>(() => Read(bad));

        Manifest Read(BackupArtifact artifact) => SealedManifest.Parse(SealedManifest.Seal(m with { Artifacts = [artifact, .. m.Artifacts.Skip(1)] }).Bytes.ToArray(), "x", s_id).Manifest;
    }

    [Fact]
    public void The_manifest_of_another_set_is_refused()
    {
        byte[] file = SealedManifest.Seal(CatalogFixture.NewManifest(s_id)).Bytes.ToArray();
        Assert.Throws<DrpException>(() => SealedManifest.Parse(file, "x", CatalogFixture.Id("20260504T030001Z-full")));
        SealedManifest.Parse(file, "x", null);
    }

    [Fact]
    public void The_stored_sample_of_format_1_stays_readable()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Catalog", "Samples", "manifest-1.json"));
        Manifest m = SealedManifest.Parse(file, "sample", CatalogFixture.Id("20260504T030000Z-full")).Manifest;
        Assert.Equal("before release 4.2 – « été »", m.Reason);
        Assert.Equal(new DateTimeOffset(2026, 5, 4, 3, 0, 0, TimeSpan.Zero), m.Started);
        Assert.Equal(["db.dump.zst.gpg", "db.globals.zst.gpg"], m.Artifacts.Select(a => a.Name));
        PostgreSqlFacts facts = m.Components[0].PostgreSql!;
        Assert.Equal(42, facts.Rows!["public.\"odd \"\"name\"\"\""]);
        Assert.Equal("1.3", facts.Extensions["pg_trgm"]);
        Assert.Equal("4.2.0", m.Application!.Version);
        Assert.Equal(file, SealedManifest.Seal(m).Bytes.ToArray());
    }
}
