using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Exchanges files with a server in a side container: it asks through a named pipe whose lines come out at the container's standard output, and gets files as an
/// archive through its standard input. No folder is shared, so it works wherever Docker is; when we are gone, the container ends.
/// </summary>
internal sealed class ContainerExchange : IWalExchange
{
    // A file counts only when its mark is there: before, it may still be on its way.
    private const string Script = """
        d=/drp/have
        take() { [ -f "$d/$1.ok" ] && mv -f "$d/$1" "$2" && rm -f "$d/$1.ok" && echo "took $1" > /drp/ask; }
        if take "$1" "$2"; then exit 0; fi
        echo "ask $1" > /drp/ask || exit 200
        while :; do
          if take "$1" "$2"; then exit 0; fi
          if [ -f "$d/$1.none" ]; then rm -f "$d/$1.none"; exit 1; fi
          if [ -f "$d/failed" ]; then exit 200; fi
          sleep 0.02
        done

        """;

    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly SideContainer _side;
    private readonly TempFolder _folder;
    private readonly TarPipe _pipe;
    private readonly object _gate = new();
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly List<string> _taken = [];

    private ContainerExchange(HostContext host, SideContainer side)
    {
        (_side, _folder, _pipe) = (side, host.Temp.CreateFolder("recovery"), new TarPipe(side.Input, side.Owner));
    }

    /// <inheritdoc/>
    public string Folder => SideContainer.Folder;

    /// <inheritdoc/>
    public string RestoreCommand => $"/bin/sh {Folder}/have/fetch \"%f\" \"%p\"";

    /// <summary>Begins to listen.</summary>
    public static async Task<ContainerExchange> StartAsync(HostContext host, SideContainer side, CancellationToken ct)
    {
        var exchange = new ContainerExchange(host, side);
        await exchange.SendAsync("fetch", new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Script.ReplaceLineEndings("\n"))), ct).ConfigureAwait(false);
        _ = exchange.ListenAsync();
        return exchange;
    }

    /// <inheritdoc/>
    public string PlaceOf(string name) => Path.Combine(_folder.Path, name);

    /// <inheritdoc/>
    public IReadOnlyList<string> Asked()
    {
        lock (_gate) return [.. _asked];
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Taken()
    {
        lock (_gate)
        {
            string[] taken = [.. _taken];
            _taken.Clear();
            return taken;
        }
    }

    /// <inheritdoc/>
    public async Task GiveAsync(string name, CancellationToken ct)
    {
        var file = new FileStream(PlaceOf(name), FileMode.Open, FileAccess.Read, FileShare.None, 0, FileOptions.Asynchronous | FileOptions.SequentialScan | FileOptions.DeleteOnClose);
        await using (file.ConfigureAwait(false)) await _pipe.FileAsync(name, Mode, file, ct).ConfigureAwait(false);
        await SendAsync(name + ".ok", Stream.Null, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task RefuseAsync(string name, CancellationToken ct)
    {
        lock (_gate) _asked.Remove(name);
        return SendAsync(name + ".none", Stream.Null, ct);
    }

    /// <inheritdoc/>
    public async Task FailAsync()
    {
        try
        {
            await SendAsync("failed", Stream.Null, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The container has ended, and the server with it.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    private async Task SendAsync(string name, Stream data, CancellationToken ct)
    {
        await _pipe.FileAsync(name, Mode, data, ct).ConfigureAwait(false);
        await _pipe.FlushAsync("padding", ct).ConfigureAwait(false);
    }

    private async Task ListenAsync()
    {
        try
        {
            while (await _side.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
            {
                int space = line.IndexOf(' ', StringComparison.Ordinal);
                if (space > 0) Hear(line[..space], line[(space + 1)..]);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The container was removed.
        }
    }

    private void Hear(string word, string name)
    {
        lock (_gate)
        {
            if (word == "ask") _asked.Add(name);
            if (word != "took") return;
            _asked.Remove(name);
            _taken.Add(name);
        }
    }
}
