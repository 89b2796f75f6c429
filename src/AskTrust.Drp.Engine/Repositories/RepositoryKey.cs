namespace AskTrust.Drp.Engine.Repositories;

/// <summary>
/// The rule for keys. It is narrow on purpose: what passes is a harmless name on every file system and object store, needs
/// no quoting anywhere and can never leave the repository.
/// </summary>
internal static class RepositoryKey
{
    /// <summary>
    /// How names of unfinished objects begin. The tilde is illegal in keys, so that no key can be mistaken for a leftover, nor the reverse.
    /// </summary>
    public const string TemporaryPrefix = "~drp-";

    /// <summary>A fresh name for an unfinished object.</summary>
    public static string NewTemporaryName() => TemporaryPrefix + Guid.NewGuid().ToString("N");

    /// <summary>True for the name of an unfinished object.</summary>
    public static bool IsTemporary(ReadOnlySpan<char> name) => name.StartsWith(TemporaryPrefix, StringComparison.Ordinal);

    /// <summary>Throws unless it is a key.</summary>
    /// <returns>The key.</returns>
    public static string Check(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return IsLegal(key) ? key : throw new ArgumentException($"'{key}' is no legal key.", nameof(key));
    }

    /// <summary>Throws unless some key could begin with it.</summary>
    /// <returns>The prefix.</returns>
    public static string CheckPrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (prefix.Length == 0) return prefix;
        // The last segment may be cut short: one more letter makes it whole, also after "." and "..".
        return IsLegal(prefix + "x") ? prefix : throw new ArgumentException($"'{prefix}' is no legal prefix.", nameof(prefix));
    }

    /// <summary>True when it is a key.</summary>
    public static bool IsLegal(string key)
    {
        if (key.Length is 0 or > 1024) return false;
        return key.Split('/').All(segment => IsLegalSegment(segment));
    }

    /// <summary>True when it may stand between two slashes of a key.</summary>
    public static bool IsLegalSegment(ReadOnlySpan<char> segment)
    {
        if (segment.Length is 0 or > 255 || segment is "." or "..") return false;
        foreach (char c in segment)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')) return false;
        }

        return true;
    }
}
