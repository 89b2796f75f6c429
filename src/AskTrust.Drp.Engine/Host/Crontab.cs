using System.Text;

namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// The crontab of a user, through the program <c>crontab</c>. What others wrote is kept byte for byte: the text is handled as Latin-1, in which every byte is a character.
/// </summary>
/// <param name="processes">Starts <c>crontab</c>.</param>
/// <param name="user">User, when we are root; null = ourselves.</param>
internal sealed class Crontab(IProcessRunner processes, string? user)
{
    /// <summary>True where there is such a program.</summary>
    public bool IsThere => processes.Find("crontab") is not null;

    /// <summary>For messages.</summary>
    public string Name => $"crontab ({user ?? Environment.UserName})";

    /// <summary>Text as it stands in a crontab.</summary>
    public static string Encode(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>Text as people read it.</summary>
    public static string Decode(string text) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text));

    /// <summary>All of it; empty when there is none.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: it cannot be read (<c>/etc/cron.allow</c>).</exception>
    public async Task<string> ReadAsync(CancellationToken ct)
    {
        ProcessResult result = await processes.RunAsync(Command("-l"), ct).ConfigureAwait(false);
        if (result.Ok) return Encoding.Latin1.GetString(result.Output);
        // Debian and cronie say the one, busybox the other.
        if (result.Errors.Contains("no crontab", StringComparison.Ordinal) || result.Errors.Contains("No such file", StringComparison.Ordinal)) return "";
        throw Failed(result);
    }

    /// <summary>Writes it, when it is still what was read; reads it back. An empty one is removed.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Locked"/>: somebody changed it in between; nothing was written.</exception>
    public async Task WriteAsync(string before, string after, CancellationToken ct)
    {
        if (await ReadAsync(ct).ConfigureAwait(false) != before) throw new DrpException(DrpError.Locked, Text.Of(HostTexts.CrontabChanged, Name)) { Subject = Name, Hint = HostTexts.CrontabChangedHint, IsTransient = true };
        ProcessResult result = after.Length == 0
            ? await processes.RunAsync(Command("-r"), ct).ConfigureAwait(false)
            : await processes.RunAsync(Command("-"), ct, Encoding.Latin1.GetBytes(after)).ConfigureAwait(false);
        if (!result.Ok) throw Failed(result);
        if (await ReadAsync(ct).ConfigureAwait(false) != after) throw new DrpException(DrpError.Failed, Text.Of(HostTexts.CrontabNotWritten, Name)) { Subject = Name };
    }

    private Command Command(string what) => new("crontab", [.. user is null ? [] : new[] { "-u", user }, what]);

    private DrpException Failed(ProcessResult result) => new(DrpError.Failed, Text.Of(HostTexts.CrontabFailed, Name, result.Errors.Trim())) { Subject = Name };
}
