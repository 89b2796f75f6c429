using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Exchanges files with a server of this machine, another user as a rule, through a private folder: it gets plain files and no key.</summary>
internal sealed class LocalExchange : IWalExchange
{
    private readonly TempFolder _folder;
    private readonly SystemUser? _user;
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    /// <summary>Makes the folder.</summary>
    /// <param name="host">The host.</param>
    /// <param name="user">User of the server; null = ourselves.</param>
    public LocalExchange(HostContext host, SystemUser? user)
    {
        (_folder, _user) = (host.Temp.CreateFolder("recovery", user?.Name, forSockets: true), user);
        foreach (string name in (string[])["ask", "have", "none"]) TargetDirectory.MakeFolder(In(name), user);
        File.WriteAllText(In("fetch"), Script());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(In("fetch"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    /// <inheritdoc/>
    public string Folder => _folder.Path;

    /// <inheritdoc/>
    public string RestoreCommand => $"/bin/sh \"{In("fetch")}\" \"%f\" \"%p\"";

    /// <inheritdoc/>
    public string PlaceOf(string name) => In(name + ".part");

    /// <inheritdoc/>
    public IReadOnlyList<string> Asked() => [.. Directory.EnumerateFiles(In("ask")).Select(f => Path.GetFileName(f)).Where(n => !File.Exists(In("none", n)))];

    /// <inheritdoc/>
    public IReadOnlyList<string> Taken()
    {
        List<string> taken = [.. _given.Where(n => !File.Exists(In("have", n))).Order(StringComparer.Ordinal)];
        _given.ExceptWith(taken);
        return taken;
    }

    /// <inheritdoc/>
    public Task GiveAsync(string name, CancellationToken ct)
    {
        if (_user is not null) Posix.ChangeOwner(PlaceOf(name), _user.Id, _user.Group);
        _given.Add(name);
        File.Move(PlaceOf(name), In("have", name), overwrite: true);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task RefuseAsync(string name, CancellationToken ct) => File.WriteAllTextAsync(In("none", name), "", ct);

    /// <inheritdoc/>
    public Task FailAsync() => File.WriteAllTextAsync(In("failed"), "");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    private string In(string name, string? file = null) => file is null ? Path.Combine(_folder.Path, name) : Path.Combine(_folder.Path, name, file);

    /// <summary>Exit codes above 125 make the server stop; 1 tells it that the archive ends there.</summary>
    private string Script() => $"""
        d='{_folder.Path}'
        if mv -f "$d/have/$1" "$2" 2>/dev/null; then exit 0; fi
        : > "$d/ask/$1" || exit 200
        while :; do
          if mv -f "$d/have/$1" "$2" 2>/dev/null; then rm -f "$d/ask/$1"; exit 0; fi
          if [ -f "$d/none/$1" ]; then rm -f "$d/none/$1" "$d/ask/$1"; exit 1; fi
          if [ -f "$d/failed" ] || [ ! -d "$d/ask" ]; then exit 200; fi
          if [ -d /proc/1 ] && [ ! -d /proc/{Environment.ProcessId} ]; then exit 200; fi
          sleep 0.02
        done

        """.ReplaceLineEndings("\n");
}
