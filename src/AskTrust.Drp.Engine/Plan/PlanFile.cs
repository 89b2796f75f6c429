using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Plan;

/// <summary>From a path to text: what can be wrong before any YAML is looked at.</summary>
internal static class PlanFile
{
    /// <summary>Name looked for in a folder.</summary>
    public const string DefaultName = "drp.yaml";

    private const int MaxSize = 1024 * 1024;

    /// <summary>The file meant by a path: itself, or <c>drp.yaml</c> in a folder.</summary>
    public static string Locate(string path)
    {
        string full = Path.GetFullPath(path);
        return Directory.Exists(full) ? Path.Combine(full, DefaultName) : full;
    }

    /// <summary>The text of a plan; null with a problem when there is none.</summary>
    public static async Task<string?> ReadAsync(string file, ProblemList problems, CancellationToken ct)
    {
        byte[] bytes;
        try
        {
            bytes = await ReadBytesAsync(file, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            problems.Add(1, 1, e is FileNotFoundException or DirectoryNotFoundException ? PlanTexts.FileMissing : Text.Of(PlanTexts.FileUnreadable, e.GetType().Name));
            return null;
        }

        if (bytes.Length > MaxSize)
        {
            problems.Add(1, 1, Text.Of(PlanTexts.FileTooLarge, MaxSize / 1024));
            return null;
        }

        return Decode(bytes, problems);
    }

    /// <summary>UTF-8, with or without a byte order mark, and nothing else.</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes, ProblemList problems)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
        if (bytes.StartsWith(Encoding.Unicode.Preamble) || bytes.StartsWith(Encoding.BigEndianUnicode.Preamble))
        {
            problems.Add(1, 1, PlanTexts.FileUtf16);
            return null;
        }

        int valid = ValidLength(bytes);
        if (valid == bytes.Length) return Encoding.UTF8.GetString(bytes);
        var before = bytes[..valid];
        problems.Add(before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n'), before.Contains((byte)0) || bytes[valid..].Contains((byte)0) ? PlanTexts.FileBinary : PlanTexts.FileNotUtf8);
        return null;
    }

    private static int ValidLength(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            if (Rune.DecodeFromUtf8(bytes[at..], out _, out int used) != System.Buffers.OperationStatus.Done) break;
            at += used;
        }

        return at;
    }

    // Reads at most one byte more than allowed: a device or a pipe may never end.
    private static async Task<byte[]> ReadBytesAsync(string file, CancellationToken ct)
    {
        var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.Asynchronous);
        await using (stream.ConfigureAwait(false))
        {
            byte[] buffer = new byte[MaxSize + 1];
            int length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false);
            return buffer[..length];
        }
    }
}
