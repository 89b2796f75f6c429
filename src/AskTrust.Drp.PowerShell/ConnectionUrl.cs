namespace AskTrust.Drp.PowerShell;

/// <summary>What a credential does to a connection URL.</summary>
internal static class ConnectionUrl
{
    /// <summary>The URL with the user of a credential, unless it names one itself.</summary>
    public static string? WithUser(string? url, string? user)
    {
        if (url is null || string.IsNullOrEmpty(user)) return url;
        int start = url.IndexOf("://", StringComparison.Ordinal);
        if (start < 0) return url;
        start += 3;
        int end = url.IndexOfAny(['/', '?'], start);
        string authority = end < 0 ? url[start..] : url[start..end];
        return authority.Contains('@', StringComparison.Ordinal) ? url : url.Insert(start, Uri.EscapeDataString(user) + "@");
    }
}
