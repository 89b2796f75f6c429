namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// A text file of ours in a folder of somebody else (units of systemd, services of Compose): its first line says who wrote it and for what, and one that
/// does not say so is never changed or removed.
/// </summary>
/// <param name="Path">Full path.</param>
/// <param name="Owner">For what it was written, e.g. <c>/etc/drp/drp.yaml, component db</c>.</param>
/// <param name="Body">The text below the mark.</param>
internal sealed record OwnFile(string Path, string Owner, string Body)
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>What begins and ends a comment of one line in this kind of file. Default <c># </c> and nothing.</summary>
    public (string Begin, string End) Comment { get; init; } = ("# ", "");

    /// <summary>The first line.</summary>
    public string Mark => $"{Comment.Begin}AskTrust.Drp: {Owner}{Comment.End}";

    /// <summary>Everything.</summary>
    public string Content => $"{Mark}\n{Body}";

    /// <summary>How it stands.</summary>
    public ServiceFileState Look()
    {
        // A link is somebody's decision, too: systemd masks a unit by one.
        if (new FileInfo(Path).LinkTarget is not null || Directory.Exists(Path)) return ServiceFileState.Foreign;
        if (!File.Exists(Path)) return ServiceFileState.Missing;
        string text = File.ReadAllText(Path);
        return text == Content ? ServiceFileState.Current : text.Split('\n', 2)[0] == Mark ? ServiceFileState.Outdated : ServiceFileState.Foreign;
    }

    /// <summary>Writes it, whole or not at all.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: there is a file of that name that is not ours. <see cref="DrpError.Failed"/>: it cannot be written.</exception>
    public void Write()
    {
        Refuse(Look());
        string fresh = Path + ".new";
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                file.Write(System.Text.Encoding.UTF8.GetBytes(Content));
                file.Flush(flushToDisk: true);
            }

            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(fresh, Readable);
            File.Move(fresh, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DiskFull.Is(e) ? DiskFull.Error(Path, e) : new DrpException(DrpError.Failed, Text.Of(HostTexts.FileNotWritten, Path, e.Message), e) { Subject = Path };
        }
    }

    /// <summary>Removes it.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: it is not ours. <see cref="DrpError.Failed"/>: it cannot be removed.</exception>
    public void Remove()
    {
        Refuse(Look());
        try
        {
            File.Delete(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrpException(DrpError.Failed, Text.Of(HostTexts.FileNotWritten, Path, e.Message), e) { Subject = Path };
        }
    }

    /// <summary>The error for a file that is not ours.</summary>
    public DrpException Foreign() => new(DrpError.UnsafeTarget, Text.Of(HostTexts.FileForeign, Path)) { Subject = Path, Hint = Text.Of(HostTexts.FileForeignHint, Mark) };

    private void Refuse(ServiceFileState state)
    {
        if (state == ServiceFileState.Foreign) throw Foreign();
    }
}
