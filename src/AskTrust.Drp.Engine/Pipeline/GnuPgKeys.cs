using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>Brings pinned public keys into a private home, and looks whether they are fit.</summary>
internal static class GnuPgKeys
{
    /// <summary>Imports exactly the keys of these fingerprints: from the files, or from the caller's own home when there are none.</summary>
    public static async Task ImportAsync(HostContext host, GnuPgHome home, IReadOnlyList<string> fingerprints, IReadOnlyList<string> files, CancellationToken ct)
    {
        if (fingerprints.Count == 0) return;
        ProcessResult exported;
        if (files.Count > 0)
        {
            // A key file may hold anything: it goes to a ring of its own, and only the pinned keys go on from there.
            string[] ring = ["--no-default-keyring", "--keyring", home.NewPath("ring")];
            foreach (string file in files)
            {
                if (!File.Exists(file)) throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(PipelineTexts.KeyFileMissing, file)) { Subject = file, Hint = PipelineTexts.CheckPublicKeys };
                var (result, status) = await home.RunAsync([.. ring, "--no-autostart", "--import", "--", file], ct).ConfigureAwait(false);
                if (!status.Has("IMPORT_OK"))
                    throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(PipelineTexts.KeyFileUnreadable, file, LastLine(result.Errors))) { Subject = file, Hint = PipelineTexts.CheckPublicKeys };
            }

            (exported, _) = await home.RunAsync([.. ring, "--export", "--", .. fingerprints], ct).ConfigureAwait(false);
        }
        else
        {
            var callers = GnuPgHome.Create(host, own: false);
            await using (callers.ConfigureAwait(false))
                (exported, _) = await callers.RunAsync(["--export", "--", .. fingerprints], ct).ConfigureAwait(false);
        }

        if (exported.Output.Length > 0) await home.RunAsync(["--no-autostart", "--import"], ct, exported.Output).ConfigureAwait(false);
    }

    /// <summary>Why a key cannot be encrypted to (or did not come with the import); null when it can.</summary>
    public static async Task<DrpException?> FindFaultAsync(GnuPgHome home, string fingerprint, CancellationToken ct)
    {
        var (result, _) = await home.RunAsync(["--with-colons", "--fixed-list-mode", "--list-keys", "--", fingerprint], ct).ConfigureAwait(false);
        string[][] records = [.. result.Text.Split('\n').Select(l => l.Split(':'))];
        string[]? key = records.FirstOrDefault(r => r[0] == "pub" && r.Length > 11);
        // Pinned is pinned: gpg must have found that very key or subkey, not one that merely resembles it.
        bool named = records.Any(r => r[0] == "fpr" && r.Length > 9 && r[9].Equals(fingerprint, StringComparison.OrdinalIgnoreCase));
        if (key is null || !named) return Fault(PipelineTexts.KeyMissing, fingerprint, PipelineTexts.CheckPublicKeys);
        string expiry = key[6];
        return key[1] switch
        {
            "r" => Fault(PipelineTexts.KeyRevoked, fingerprint, PipelineTexts.ReplaceKey),
            "e" => Fault(PipelineTexts.KeyExpired, fingerprint, PipelineTexts.RenewKey, Date(expiry)),
            "i" or "d" => Fault(PipelineTexts.KeyInvalid, fingerprint, PipelineTexts.ReplaceKey),
            _ when !key[11].Contains('E', StringComparison.Ordinal) => NoEncryption(records, fingerprint),
            _ => null,
        };
    }

    /// <summary>Last line a program said, for messages.</summary>
    public static string LastLine(string errors) => errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., var last] ? last : "?";

    private static DrpException NoEncryption(string[][] records, string fingerprint)
    {
        // The whole key cannot encrypt: most often because the subkey for it expired.
        string? expired = records.FirstOrDefault(r => r[0] == "sub" && r.Length > 11 && r[11].Contains('e', StringComparison.Ordinal) && r[1] == "e")?[6];
        return expired is null
            ? Fault(PipelineTexts.KeyCannotEncrypt, fingerprint, PipelineTexts.ReplaceKey)
            : Fault(PipelineTexts.KeyExpired, fingerprint, PipelineTexts.RenewKey, Date(expired));
    }

    private static string Date(string seconds) =>
        long.TryParse(seconds, CultureInfo.InvariantCulture, out long unix) ? DateTimeOffset.FromUnixTimeSeconds(unix).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "?";

    private static DrpException Fault(string text, string fingerprint, string hint, string? detail = null) =>
        new(DrpError.KeyOrPassphrase, Text.Of(text, fingerprint, detail)) { Subject = fingerprint, Hint = hint };
}
