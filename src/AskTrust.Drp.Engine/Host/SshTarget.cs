namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// Another machine, through <c>ssh</c>. What it gets is one line for the shell of its user, so every word is quoted. Killing <c>ssh</c> does not end what runs
/// there: as in a container, each command carries a mark, and <see cref="Command.AfterKill"/> ends every process with it.
/// </summary>
internal sealed class SshTarget(SshPlace place) : IExecutionTarget
{
    /// <inheritdoc/>
    public string Description => place.Host;

    /// <inheritdoc/>
    public bool IsLocal => false;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The command brings variables that might be secret: a line of ssh shows them to everybody on both machines.</exception>
    public Command Wrap(Command command)
    {
        if (command.Environment.Any(v => v.Value is not null && v.Key is not ("LC_ALL" or "LANGUAGE"))) throw new ArgumentException("No variables over ssh.", nameof(command));
        string mark = Guid.NewGuid().ToString("N");
        List<string> words = [];
        if (command.WorkingDirectory is { } folder) words.AddRange(["cd", Quote(folder), "&&"]);
        words.Add("exec");
        if (command.RunAs is { } user) words.AddRange(["runuser", "-u", Quote(user), "--"]);
        words.AddRange(["env", $"{ContainerTarget.Mark}={mark}", .. command.Environment.Where(v => v.Value is not null).Select(v => $"{v.Key}={Quote(v.Value!)}")]);
        words.AddRange(command.Arguments.Prepend(command.Program).Select(Quote));
        return new Command("ssh", [.. Options, "--", place.Host, string.Join(' ', words)])
        {
            Timeout = command.Timeout,
            AfterKill = new Command("ssh", [.. Options, "--", place.Host, $"sh -c {Quote(ContainerTarget.KillMarked)} sh {mark}"]) { Timeout = TimeSpan.FromSeconds(30) },
        };
    }

    private List<string> Options => SshOptions.Arguments(place.Port, place.User, place.IdentityFile, place.KnownHostsFile);

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
