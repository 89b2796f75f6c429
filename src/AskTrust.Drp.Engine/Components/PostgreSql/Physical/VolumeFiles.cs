using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>The files of a base into the volume of a container: as an archive through the standard input of a <c>tar</c> that runs in the side container as the server's user.</summary>
internal sealed class VolumeFiles : IBaseReceiver
{
    private readonly SideContainer _side;
    private readonly HostContext _host;
    private readonly IRunningProcess _tar;
    private readonly TarPipe _pipe;
    private bool _ended;

    /// <summary>Starts to unpack.</summary>
    public VolumeFiles(HostContext host, SideContainer side)
    {
        (_host, _side) = (host, side);
        _tar = host.Processes.Start(side.Exec(true, "tar", "-x", "-p", "-f", "-", "-C", "/"));
        _pipe = new TarPipe(_tar.Input, side.Owner);
    }

    /// <inheritdoc/>
    public Task FolderAsync(string path, UnixFileMode mode, CancellationToken ct) => SendAsync(() => _pipe.FolderAsync(Inside(path), mode, ct));

    /// <inheritdoc/>
    public async Task FileAsync(string path, UnixFileMode mode, Stream? data, long length, Action<int> took, CancellationToken ct)
    {
        var sized = new SizedStream(data ?? Stream.Null, length, took);
        await using var _ = sized.ConfigureAwait(false);
        await SendAsync(() => _pipe.FileAsync(Inside(path), mode, sized, ct)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task TextAsync(string path, string text, CancellationToken ct)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (!_ended)
        {
            await SendAsync(() => _pipe.FileAsync(Inside(path), mode, new MemoryStream(bytes), ct)).ConfigureAwait(false);
            return;
        }

        ProcessResult result = await _host.Processes.RunAsync(_side.Exec(true, "sh", "-c", "umask 077; cat > \"$1\"", "sh", path), ct, bytes).ConfigureAwait(false);
        if (!result.Ok) throw _side.Failed(result.Errors);
    }

    /// <inheritdoc/>
    public Task LinkAsync(string path, string target, CancellationToken ct) => SendAsync(() => _pipe.LinkAsync(Inside(path), target, ct));

    /// <inheritdoc/>
    public async Task CompleteAsync(string data, CancellationToken ct)
    {
        _ended = true;
        await SendAsync(() => _pipe.DisposeAsync().AsTask()).ConfigureAwait(false);
        _tar.Input.Close();
        if (await _tar.WaitAsync(ct).ConfigureAwait(false) != 0) throw _side.Failed(_tar.Errors);
        string control = $"{data}/{TarScanner.ControlFile}";
        await _side.ShellAsync("[ -s \"$1\" ] && mv \"$1\" \"$2\"", ct, control + IBaseReceiver.Waiting, control).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _tar.DisposeAsync();

    /// <summary>Archives hold no absolute names.</summary>
    private static string Inside(string path) => path.TrimStart('/');

    /// <summary>When the other side has ended, what it said is the cause.</summary>
    private async Task SendAsync(Func<Task> send)
    {
        try
        {
            await send().ConfigureAwait(false);
        }
        catch (IOException e) when (!_tar.Input.CanWrite || e.InnerException is not null || e.HResult == BrokenPipe)
        {
            using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(10), _host.Clock);
            await _tar.WaitAsync(brief.Token).ConfigureAwait(false);
            throw _side.Failed(_tar.Errors);
        }
    }

    private const int BrokenPipe = 32;
}
