using System.Globalization;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>The only place that knows how objects are called in a repository (docs/repository-format.md).</summary>
/// <param name="plan">Name of the product in the plan: first part of every key.</param>
internal sealed partial class Keys(string plan)
{
    /// <summary>The manifest: with it a set exists.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>Second copy of the manifest, byte for byte.</summary>
    public const string Copy = "manifest.json.copy";

    /// <summary>Detached OpenPGP signature of the manifest.</summary>
    public const string Signature = "manifest.json.sig";

    /// <summary>How to restore without this tool.</summary>
    public const string Restore = "RESTORE.md";

    private const int LongestName = 200;

    /// <summary>Name of the product.</summary>
    public string Plan => plan;

    /// <summary>Folder of everything.</summary>
    public string All { get; } = $"{plan}/";

    /// <summary>Folder of all sets.</summary>
    public string Sets { get; } = $"{plan}/sets/";

    /// <summary>Folder of the evidence ledger.</summary>
    public string Evidence { get; } = $"{plan}/evidence/";

    /// <summary>Folder of the locks.</summary>
    public string Locks { get; private init; } = $"{plan}/locks/";

    /// <summary>Folder of what is pinned.</summary>
    public string Pins { get; } = $"{plan}/pins/";

    /// <summary>Folder of what was verified and proven.</summary>
    public string Verified { get; } = $"{plan}/verified/";

    /// <summary>Folder of one set.</summary>
    public string Set(SetId id) => $"{Sets}{id}/";

    /// <summary>A file of a set.</summary>
    public string File(SetId id, string name) =>
        IsName(name) ? $"{Sets}{id}/{name}" : throw new ArgumentException("Not a file name of a set.", nameof(name));

    /// <summary>True when the name may be used for an artifact: a plain file name that is none of the set's own files.</summary>
    public static bool IsArtifactName(string name) =>
        IsName(name) && !name.StartsWith(Manifest, StringComparison.OrdinalIgnoreCase) && !name.Equals(Restore, StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes a key of <see cref="Sets"/> apart; false for anything that we would not have written.</summary>
    public bool TrySet(string key, out SetId id, out string name)
    {
        (id, name) = (default, "");
        if (!key.StartsWith(Sets, StringComparison.Ordinal))
        {
            return false;
        }

        int slash = key.IndexOf('/', Sets.Length);
        if (slash < 0 || !SetId.TryParse(key[Sets.Length..slash], out id))
        {
            return false;
        }

        name = key[(slash + 1)..];
        return IsName(name);
    }

    /// <summary>One record of the ledger; a branch is named by the first half of its digest.</summary>
    public string EvidenceRecord(long sequence, string? branch = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{Evidence}{EvidenceName(sequence, branch)}");

    /// <summary>File name of a record of the ledger.</summary>
    public static string EvidenceName(long sequence, string? branch = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{sequence:D12}{(branch is null ? "" : "-" + branch[..16])}.json");

    /// <summary>Reads the number in a record's file name.</summary>
    public static bool TryEvidence(string name, out long sequence)
    {
        sequence = 0;
        return name.Length is 17 or 34 && name.EndsWith(".json", StringComparison.Ordinal) && (name.Length == 17 || name[12] == '-')
            && long.TryParse(name.AsSpan(0, 12), NumberStyles.None, CultureInfo.InvariantCulture, out sequence) && sequence > 0;
    }

    /// <summary>True for the name of a record whose number another record has taken.</summary>
    public static bool IsEvidenceBranch(string name) => name.Length == 34;

    /// <summary>True for the key of a file of this set that we may have written.</summary>
    /// <param name="folder">The set's folder, see <see cref="Set"/>.</param>
    /// <param name="key">The key.</param>
    public static bool IsFileOf(string folder, string key) =>
        key.StartsWith(folder, StringComparison.Ordinal) && IsName(key.AsSpan(folder.Length));

    /// <summary>True when the last part of the key is this name.</summary>
    public static bool IsNamed(string key, string name) =>
        key.EndsWith(name, StringComparison.Ordinal) && (key.Length == name.Length || key[^(name.Length + 1)] == '/');

    /// <summary>Last part of a key.</summary>
    public static string NameOf(string key) => key[(key.LastIndexOf('/') + 1)..];

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > LongestName || name is "." or "..")
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }
}
