namespace AskTrust.Drp.Engine.Host;

/// <summary>This machine.</summary>
internal sealed class LocalTarget : IExecutionTarget
{
    public static LocalTarget Instance { get; } = new();

    /// <inheritdoc/>
    public string Description => HostTexts.ThisHost;

    /// <inheritdoc/>
    public bool IsLocal => true;

    /// <inheritdoc/>
    public Command Wrap(Command command) => command;
}
