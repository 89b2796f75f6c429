namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// Inside a running container, through <c>docker exec</c> (which honours <c>DOCKER_HOST</c> and contexts; podman's command is
/// compatible). Killing <c>docker exec</c> does not end what runs inside: each command carries a mark in its environment, and
/// <see cref="Command.AfterKill"/> ends every process with that mark.
/// </summary>
/// <param name="container">Name or id.</param>
/// <param name="user">User inside; null = the image's.</param>
/// <param name="docker">The program.</param>
internal sealed class ContainerTarget(string container, string? user = null, string docker = "docker") : IExecutionTarget
{
    /// <summary>Variable by which what we started is found again.</summary>
    internal const string Mark = "DRP_EXEC";

    /// <summary>Ends every process with the mark. Plain sh and the files of /proc: works in Debian, Alpine and most others.</summary>
    internal const string KillMarked =
        "for p in /proc/[0-9]*; do if tr '\\0' '\\n' <\"$p/environ\" 2>/dev/null | grep -qx \"DRP_EXEC=$1\"; then kill -TERM \"${p#/proc/}\" 2>/dev/null; fi; done; true";

    /// <summary>Variables that would steer the docker program itself; never secret, so their values may go by argument.</summary>
    private static readonly string[] s_ofDocker = ["PATH", "HOME", "USER", "LOGNAME", "TMPDIR"];

    /// <summary>Name or id.</summary>
    public string Container => container;

    /// <inheritdoc/>
    public string Description => Text.Of(HostTexts.InContainer, container);

    /// <inheritdoc/>
    public bool IsLocal => false;

    /// <inheritdoc/>
    public Command Wrap(Command command)
    {
        string mark = Guid.NewGuid().ToString("N");
        List<string> arguments = ["exec", "-i"];
        if ((command.RunAs ?? user) is { } name) arguments.AddRange(["-u", name]);
        if (command.WorkingDirectory is { } folder) arguments.AddRange(["-w", folder]);
        arguments.AddRange(["-e", $"{Mark}={mark}"]);
        var ours = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (variable, value) in command.Environment)
        {
            if (value is null) continue;
            if (IsOfDocker(variable))
            {
                arguments.AddRange(["-e", $"{variable}={value}"]);
                continue;
            }

            arguments.AddRange(["-e", variable]);
            ours[variable] = value;
        }

        arguments.Add(container);
        string[] removed = [.. command.Environment.Where(v => v.Value is null).SelectMany(v => new[] { "-u", v.Key })];
        if (removed.Length > 0) arguments.AddRange(["env", .. removed]);
        arguments.Add(command.Program);
        arguments.AddRange(command.Arguments);
        return new Command(docker, [.. arguments])
        {
            Environment = ours,
            Timeout = command.Timeout,
            AfterKill = new Command(docker, "exec", "-u", "0", container, "sh", "-c", KillMarked, "sh", mark),
        };
    }

    private static bool IsOfDocker(string variable) =>
        s_ofDocker.Contains(variable, StringComparer.Ordinal) || variable.StartsWith("DOCKER_", StringComparison.Ordinal);
}
