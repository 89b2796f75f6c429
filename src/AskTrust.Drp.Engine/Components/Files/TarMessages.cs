using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>What <c>tar --create</c> says under <c>LC_ALL=C</c>, sorted by what it means for the backup.</summary>
internal sealed class TarMessages
{
    private const string Prefix = "tar: ";
    private const int MostRemembered = 10_000;
    private readonly HashSet<string> _found = new(StringComparer.Ordinal);
    private static readonly string[] s_unreadable = [": Cannot open: ", ": Cannot stat: ", ": Cannot read: ", ": Read error at byte ", ": Cannot savedir: ", ": Cannot readlink: ", ": Cannot close: ", ": Cannot seek to "];

    /// <summary>Files that changed while they were read: what is in the archive may be half old, half new.</summary>
    public NamedSome Changed { get; } = new();

    /// <summary>Files that were gone before they were read.</summary>
    public NamedSome Vanished { get; } = new();

    /// <summary>Sockets, which cannot be saved.</summary>
    public NamedSome Sockets { get; } = new();

    /// <summary>Files and folders that could not be read, each with the reason.</summary>
    public NamedSome Unreadable { get; } = new();

    /// <summary>Warnings about anything else (attributes that could not be read).</summary>
    public NamedSome Others { get; } = new();

    /// <summary>What ended the program; null = nothing.</summary>
    public string? Fatal { get; private set; }

    /// <summary>Takes a line.</summary>
    public void Add(string line)
    {
        lock (_found) Sort(line);
    }

    /// <summary>Takes a line of <c>find</c>, which looks before tar does: <c>find: 'NAME': REASON</c>.</summary>
    public void AddFind(string line)
    {
        lock (_found) SortFind(line);
    }

    /// <summary>The warnings for the operator.</summary>
    public IEnumerable<string> Warnings(string folder)
    {
        if (Changed.Count > 0) yield return Text.Of(FilesTexts.Changed, folder, Changed.Count, Changed);
        if (Vanished.Count > 0) yield return Text.Of(FilesTexts.Vanished, folder, Vanished.Count, Vanished);
        if (Sockets.Count > 0) yield return Text.Of(FilesTexts.Sockets, folder, Sockets.Count, Sockets);
        if (Others.Count > 0) yield return Text.Of(FilesTexts.OtherMessages, folder, Others.Count, Others);
    }

    /// <summary>What a line says, without the program's name or path before it; null when it is not tar's.</summary>
    public static string? Said(string line)
    {
        int at = line.IndexOf(Prefix, StringComparison.Ordinal);
        return at == 0 || (at > 0 && line[0] == '/' && line[at - 1] == '/') ? line[(at + Prefix.Length)..] : null;
    }

    private void Sort(string line)
    {
        if (Said(line) is not { } said) return;
        if (said.Contains("Error is not recoverable", StringComparison.Ordinal))
        {
            Fatal ??= "tar";
            return;
        }

        if (said.StartsWith("Exiting with failure status", StringComparison.Ordinal)) return;
        // A name may hold anything, also these words: the last of them counts.
        if (Before(said, ": file changed as we read it") is { } changed) Changed.Add(changed);
        else if (Before(said, ": File removed before we read it") is { } removed) Vanished.Add(removed);
        else if (said.LastIndexOf(": File shrank by ", StringComparison.Ordinal) is > 0 and var shrank) Changed.Add(said[..shrank]);
        else if (Before(said, ": socket ignored") is { } socket) Sockets.Add(socket);
        else if (said.EndsWith(": No such file or directory", StringComparison.Ordinal) && Failed(said) is { } gone) Vanished.Add(said[..gone]);
        else if (said.Contains(": Warning: ", StringComparison.Ordinal)) Others.Add(said);
        else if (Failed(said) is { } known && _found.Contains(said[..known].TrimEnd('/'))) return;
        else if (Failed(said) is { } at) Unreadable.Add($"{said[..at]} ({said[(said.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]})");
        else Others.Add(said);
    }

    private void SortFind(string line)
    {
        int begin = line.IndexOf('\'', StringComparison.Ordinal), end = line.LastIndexOf("': ", StringComparison.Ordinal);
        if (line.Contains("find: warning: ", StringComparison.Ordinal)) return;
        if (begin < 0 || end <= begin)
        {
            Others.Add(line);
            return;
        }

        (string name, string why) = (line[(begin + 1)..end], line[(end + 3)..]);
        if (why == "No such file or directory")
        {
            Vanished.Add(name);
            return;
        }

        // tar will say the same of a folder it may not enter.
        if (_found.Count < MostRemembered) _found.Add(name);
        Unreadable.Add($"{name} ({why})");
    }

    private static string? Before(string said, string end) => said.EndsWith(end, StringComparison.Ordinal) ? said[..^end.Length] : null;

    private static int? Failed(string said)
    {
        int at = s_unreadable.Max(u => said.LastIndexOf(u, StringComparison.Ordinal));
        return at > 0 ? at : null;
    }
}
