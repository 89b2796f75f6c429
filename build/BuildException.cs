namespace AskTrust.Drp.Build;

/// <summary>Stops the task with a message for people.</summary>
internal sealed class BuildException(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>Exit code of the runner.</summary>
    public int ExitCode => exitCode;
}
