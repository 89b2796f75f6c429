namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>Compose: <c>docker compose</c> (v2) where it is there, else <c>docker-compose</c> (v1), else podman's.</summary>
internal sealed class ComposeProgram
{
    private readonly HostContext _host;
    private readonly IReadOnlyList<string> _words;

    private ComposeProgram(HostContext host, IReadOnlyList<string> words, string version) => (_host, _words, Version) = (host, words, version);

    /// <summary>Its version, e.g. <c>2.26.1</c>.</summary>
    public string Version { get; }

    /// <summary>How it is called, for people.</summary>
    public string Name => string.Join(' ', _words);

    /// <summary>Looks for it.</summary>
    /// <returns>Null when there is none.</returns>
    public static async Task<ComposeProgram?> TryFindAsync(HostContext host, CancellationToken ct)
    {
        foreach (string[] words in (string[][])[["docker", "compose"], ["docker-compose"], ["podman", "compose"], ["podman-compose"]])
        {
            if (host.Processes.Find(words[0]) is null) continue;
            ProcessResult result = await host.Processes.RunAsync(new Command(words[0], [.. words[1..], "version", "--short"]) { Timeout = TimeSpan.FromSeconds(30) }, ct).ConfigureAwait(false);
            if (result.Ok) return new ComposeProgram(host, words, result.Text.Trim());
        }

        return null;
    }

    /// <summary>Looks for it.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there is none.</exception>
    public static async Task<ComposeProgram> FindAsync(HostContext host, CancellationToken ct) => await TryFindAsync(host, ct).ConfigureAwait(false)
        ?? throw new DrpException(DrpError.Unreachable, ContainerTexts.NoCompose) { Hint = ContainerTexts.NoComposeHint, Subject = "docker compose" };

    /// <summary>A command of it on a project.</summary>
    /// <param name="project">Name of the project; null = as Compose chooses.</param>
    /// <param name="folder">Folder that relative paths start from.</param>
    /// <param name="files">The files; none = as Compose finds them in the folder.</param>
    /// <param name="arguments">The command and its arguments.</param>
    public Command Command(string? project, string folder, IReadOnlyList<string> files, params IReadOnlyList<string> arguments) => new(_words[0],
    [
        .. _words.Skip(1), .. project is null ? Array.Empty<string>() : ["-p", project], "--project-directory", folder, .. files.SelectMany(f => new[] { "-f", Path.Combine(folder, f) }), .. arguments,
    ])
    { WorkingDirectory = folder };

    /// <summary>Runs it.</summary>
    /// <returns>What it printed, trimmed.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>, with what it said.</exception>
    public async Task<string> RunAsync(Command command, CancellationToken ct)
    {
        ProcessResult result = await _host.Processes.RunAsync(command, ct).ConfigureAwait(false);
        return result.Ok ? result.Text.Trim() : throw new DrpException(DrpError.Failed, Text.Of(ContainerTexts.ComposeFailed, Name, _host.Redactor.Clean(result.Errors.Trim()))) { Subject = Name };
    }
}
