namespace AskTrust.Drp;

/// <summary>Something that may run in a container.</summary>
public interface IContainerPlace
{
    /// <summary>Name or id of the container.</summary>
    string? Container { get; }

    /// <summary>Service of a Compose project, in place of <see cref="Container"/>.</summary>
    string? ComposeService { get; }

    /// <summary>Project of the service; null = the only one with such a service.</summary>
    string? ComposeProject { get; }
}
