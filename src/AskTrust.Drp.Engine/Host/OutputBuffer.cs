namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// Lets a local program that prints much through C's stdio write in pieces of 256 KiB instead of 4: half a million system calls and as many
/// wake-ups fewer for 2 GiB. Done by coreutils' <c>stdbuf</c>; where that is not installed, the program runs as it is.
/// </summary>
internal static class OutputBuffer
{
    /// <summary>The command with a larger buffer for its standard output.</summary>
    public static Command Enlarge(IProcessRunner processes, IExecutionTarget where, Command command) =>
        OperatingSystem.IsLinux() && where.IsLocal && processes.Find("stdbuf") is { } stdbuf
            ? command with { Program = stdbuf, Arguments = ["--output=256K", command.Program, .. command.Arguments] }
            : command;
}
