namespace AskTrust.Drp.Engine.Host;

/// <summary>systemd: of the machine for root, else of the user.</summary>
/// <param name="processes">Starts <c>systemctl</c>.</param>
/// <param name="runs">False where systemd is not there or is not the one that runs the machine (containers).</param>
/// <param name="folder">Where it looks for units of the administrator.</param>
/// <param name="ofUser">True for the systemd of a user.</param>
internal sealed class Systemd(IProcessRunner processes, bool runs, string folder, bool ofUser)
{
    /// <summary>True when it runs this machine (or this user's session).</summary>
    public bool Runs => runs;

    /// <summary>Where it looks for units of the administrator.</summary>
    public string Folder => folder;

    /// <summary>True for the systemd of a user.</summary>
    public bool OfUser => ofUser;

    /// <summary>The file in which a plan's services expect secrets of the environment: one NAME=value in each line.</summary>
    public string EnvironmentFile(string plan) => ofUser ? Path.GetFullPath(Path.Combine(folder, "..", "..", "asktrust-drp", plan + ".env")) : $"/etc/default/drp-{plan}";

    /// <summary>The one of this machine, for this user.</summary>
    public static Systemd Here(IProcessRunner processes)
    {
        bool user = !Posix.IsRoot;
        string config = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } home ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        // What sd_booted(3) looks at.
        bool runs = Directory.Exists("/run/systemd/system") && (!user || Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 });
        return new Systemd(processes, runs, user ? Path.Combine(config, "systemd", "user") : "/etc/systemd/system", user);
    }

    /// <summary>Reads changed units.</summary>
    public Task ReloadAsync(CancellationToken ct) => DoAsync(ct, "daemon-reload");

    /// <summary>Begins with the machine.</summary>
    public Task EnableAsync(string unit, CancellationToken ct) => DoAsync(ct, "enable", unit);

    /// <summary>Starts it, or starts it anew.</summary>
    public Task RestartAsync(string unit, CancellationToken ct) => DoAsync(ct, "restart", unit);

    /// <summary>Stops it and begins no more with the machine.</summary>
    public Task DisableAsync(string unit, CancellationToken ct) => DoAsync(ct, "disable", "--now", unit);

    /// <summary>Words of systemd: whether it begins with the machine, and whether it runs.</summary>
    public async Task<(string Enabled, string Active)> StateAsync(string unit, CancellationToken ct)
    {
        // Both tell by their exit code, too; the word is what people know.
        ProcessResult enabled = await processes.RunAsync(Command("is-enabled", unit), ct).ConfigureAwait(false);
        ProcessResult active = await processes.RunAsync(Command("is-active", unit), ct).ConfigureAwait(false);
        return (Word(enabled, "disabled"), Word(active, "inactive"));

        static string Word(ProcessResult result, string otherwise) => result.Text.Trim() is { Length: > 0 } word ? word : otherwise;
    }

    private async Task DoAsync(CancellationToken ct, params string[] arguments)
    {
        Command command = Command(arguments);
        ProcessResult result = await processes.RunAsync(command, ct).ConfigureAwait(false);
        if (!result.Ok) throw new DrpException(DrpError.Failed, Text.Of(HostTexts.SystemctlFailed, command, result.Errors.Trim())) { Subject = arguments[^1] };
    }

    private Command Command(params string[] arguments) => new("systemctl", [.. ofUser ? ["--user"] : Array.Empty<string>(), "--no-ask-password", .. arguments]);
}
