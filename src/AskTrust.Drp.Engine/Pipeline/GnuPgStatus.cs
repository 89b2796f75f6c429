using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>The machine-readable lines of gpg (<c>--status-file</c>; doc/DETAILS of GnuPG).</summary>
internal sealed class GnuPgStatus
{
    private readonly List<string[]> _lines = [];

    private GnuPgStatus()
    {
    }

    /// <summary>Reads a status file; one that gpg never wrote is empty.</summary>
    public static GnuPgStatus Read(string path)
    {
        const string prefix = "[GNUPG:] ";
        var status = new GnuPgStatus();
        if (!File.Exists(path)) return status;
        foreach (string line in File.ReadLines(path))
        {
            if (line.StartsWith(prefix, StringComparison.Ordinal)) status._lines.Add(line[prefix.Length..].Split(' '));
        }

        File.Delete(path);
        return status;
    }

    /// <summary>True when there is a line of that keyword.</summary>
    public bool Has(string keyword) => _lines.Any(l => l[0] == keyword);

    /// <summary>The arguments of the first line of that keyword; null when there is none.</summary>
    public string[]? Of(string keyword) => _lines.FirstOrDefault(l => l[0] == keyword)?[1..];

    /// <summary>What an encrypted stream turned out to be.</summary>
    /// <param name="code">gpg's exit code.</param>
    /// <param name="subject">For the message.</param>
    /// <returns>Null: decrypted, and every byte proven intact.</returns>
    public DrpException? JudgeDecryption(int code, string subject)
    {
        // GOODMDC: modification detection; in newer gpg also said of AEAD modes. Without it, nobody proved the bytes.
        if (code == 0 && Has("DECRYPTION_OKAY") && Has("GOODMDC")) return null;
        // Damage in the session key looks like a wrong key; a begun decryption that fails afterwards is damage.
        bool keyFitted = Has("BEGIN_DECRYPTION") && (Has("PLAINTEXT") || Has("BADMDC") || Has("DECRYPTION_KEY"));
        bool noKey = Has("NO_SECKEY") || Has("BAD_PASSPHRASE") || Has("MISSING_PASSPHRASE")
            || _lines.Any(l => l[0] == "ERROR" && l.Length > 1 && (l[1].StartsWith("pkdecrypt", StringComparison.Ordinal) || l[1].StartsWith("symkey_decrypt", StringComparison.Ordinal)))
            || (Has("DECRYPTION_FAILED") && Has("NEED_PASSPHRASE_SYM"));
        if (noKey && !keyFitted)
        {
            string keys = string.Join(", ", _lines.Where(l => l[0] == "ENC_TO" && l.Length > 1).Select(l => l[1]).Distinct(StringComparer.Ordinal));
            return new DrpException(DrpError.KeyOrPassphrase, Text.Of(keys.Length == 0 ? PipelineTexts.WrongPassphrase : PipelineTexts.WrongKey, subject, keys))
            {
                Subject = subject, Hint = PipelineTexts.ProvideKey,
            };
        }

        return new DrpException(DrpError.VerificationFailed, Text.Of(PipelineTexts.DamagedOpenPgp, subject)) { Subject = subject, Hint = PipelineTexts.UseAnotherCopy };
    }
}
