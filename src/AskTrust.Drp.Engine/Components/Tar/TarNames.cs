using System.Text;

namespace AskTrust.Drp.Engine.Components.Tar;

/// <summary>Names of entries as bytes.</summary>
internal static class TarNames
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The name without <c>./</c> before it and <c>/</c> behind it; empty for the folder itself.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> name)
    {
        while (name.StartsWith("./"u8)) name = name[2..].TrimStart((byte)'/');
        name = name.TrimEnd((byte)'/');
        return name.SequenceEqual("."u8) ? default : name;
    }

    /// <summary>True when a trimmed name stays below the folder: not absolute, no <c>..</c>, no empty part.</summary>
    public static bool StaysInside(ReadOnlySpan<byte> trimmed)
    {
        if (trimmed.IsEmpty) return true;
        bool zero = trimmed.Contains((byte)0);
        for (bool more = !zero; more;)
        {
            ReadOnlySpan<byte> part = Part(ref trimmed, out more);
            if (part.IsEmpty || part.SequenceEqual("."u8) || part.SequenceEqual(".."u8)) return false;
        }

        return !zero;
    }

    /// <summary>True when a symbolic link points to a place outside the folder, or to an absolute one.</summary>
    /// <param name="trimmed">Name of the link.</param>
    /// <param name="target">What it points to.</param>
    public static bool PointsOutside(ReadOnlySpan<byte> trimmed, ReadOnlySpan<byte> target)
    {
        if (target.StartsWith("/"u8)) return true;
        int depth = trimmed.Count((byte)'/');
        for (bool more = true; more;)
        {
            ReadOnlySpan<byte> part = Part(ref target, out more);
            if (part.IsEmpty || part.SequenceEqual("."u8)) continue;
            depth += part.SequenceEqual(".."u8) ? -1 : 1;
            if (depth < 0) return true;
        }

        return false;
    }

    /// <summary>The name for people.</summary>
    public static string Show(ReadOnlySpan<byte> name)
    {
        try
        {
            string text = s_strict.GetString(name);
            if (text.Length > 0 && !text.Any(c => char.IsControl(c) || c == '\\')) return text;
        }
        catch (DecoderFallbackException)
        {
            // No UTF-8: octal numbers below.
        }

        var shown = new StringBuilder();
        foreach (byte b in name)
        {
            if (b == '\n') shown.Append("\\n");
            else if (b == '\\') shown.Append("\\\\");
            else if (b is < 32 or > 126) shown.Append('\\').Append((char)('0' + (b >> 6))).Append((char)('0' + ((b >> 3) & 7))).Append((char)('0' + (b & 7)));
            else shown.Append((char)b);
        }

        return shown.ToString();
    }

    /// <summary>Takes the part up to the next <c>/</c> off a path.</summary>
    public static ReadOnlySpan<byte> Part(ref ReadOnlySpan<byte> path, out bool more)
    {
        int slash = path.IndexOf((byte)'/');
        more = slash >= 0;
        ReadOnlySpan<byte> part = more ? path[..slash] : path;
        path = more ? path[(slash + 1)..] : default;
        return part;
    }
}
