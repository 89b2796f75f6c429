namespace AskTrust.Drp;

/// <summary>What a container does, as its engine tells.</summary>
public enum ContainerState
{
    /// <summary>A word of the engine that we do not know.</summary>
    Unknown,

    /// <summary>Made, never started.</summary>
    Created,

    /// <summary>Runs.</summary>
    Running,

    /// <summary>Its processes are frozen.</summary>
    Paused,

    /// <summary>Ended, and is being started again by its engine: most often in a loop.</summary>
    Restarting,

    /// <summary>Has ended.</summary>
    Exited,

    /// <summary>Could not be removed, or is being removed.</summary>
    Dead,
}

/// <summary>What the health check of a container says.</summary>
public enum ContainerHealth
{
    /// <summary>It has no health check.</summary>
    None,

    /// <summary>The check has not passed yet.</summary>
    Starting,

    /// <summary>The last check passed.</summary>
    Healthy,

    /// <summary>The check failed as often as the service allows.</summary>
    Unhealthy,
}
