using System.Globalization;
using System.Text;

namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// A log file for runs that nobody watches and no journal takes: one line for each message, at most a few files of bounded size (<c>x.log</c>, <c>x.log.1</c> …), so that
/// it never fills a disk. A log that cannot be written never stops the work.
/// </summary>
/// <param name="path">The file; its folder is made when missing.</param>
/// <param name="clock">The clock.</param>
/// <param name="limit">Bytes of one file.</param>
internal sealed class RotatingLog(string path, TimeProvider clock, long limit = RotatingLog.Limit)
{
    /// <summary>Bytes of one file.</summary>
    public const long Limit = 1 << 20;

    /// <summary>Older files that are kept.</summary>
    public const int Older = 4;

    private static readonly object s_one = new();

    /// <summary>Adds a line.</summary>
    public void Write(string level, string text)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} {Environment.ProcessId} {level} {text.ReplaceLineEndings(" | ")}\n");
        lock (s_one)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                if (new FileInfo(path) is { Exists: true } file && file.Length + line.Length > limit) Rotate();
                var how = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
                if (!OperatingSystem.IsWindows()) how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
                using var stream = new FileStream(path, how);
                stream.Write(Encoding.UTF8.GetBytes(line));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A full disk is told where it stops the work; here it only costs the line.
            }
        }
    }

    private void Rotate()
    {
        for (int n = Older; n > 0; n--)
        {
            string from = n == 1 ? path : Numbered(n - 1);
            if (File.Exists(from)) File.Move(from, Numbered(n), overwrite: true);
        }
    }

    private string Numbered(int n) => string.Create(CultureInfo.InvariantCulture, $"{path}.{n}");
}

/// <summary>Passes everything on, and writes the messages into a log.</summary>
internal sealed class LoggingObserver(IDrpObserver next, RotatingLog log) : IDrpObserver
{
    /// <inheritdoc/>
    public void On(DrpEvent happening)
    {
        if (happening is DrpMessage { Level: DrpEventLevel.Information or DrpEventLevel.Warning } message) log.Write(message.Level == DrpEventLevel.Warning ? "WARN" : "INFO", message.Text);
        next.On(happening);
    }
}
