namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>Where components are, as far as the order of a restore depends on it.</summary>
internal static class Places
{
    // Data goes back while the services that use it stand still; configuration last, so that a failure before it finds the system as it knows it.
    private static readonly string[] s_order = ["postgresql", "redis", "files", "volume", "config", "certificates", "compose"];

    // Where nothing is there, nothing can be started before its files are.
    private static readonly string[] s_rebuild = ["compose", "config", "certificates", "files", "volume", "postgresql", "redis"];

    /// <summary>Types whose restore needs the service they live in.</summary>
    private static readonly string[] s_served = ["postgresql", "redis"];

    /// <summary>Compose service it lives in; null = none.</summary>
    public static string? ServiceOf(ComponentPlan component) => (component as IContainerPlace)?.ComposeService;

    /// <summary>Compose project it lives in, or is; null = none, or not said.</summary>
    public static string? ProjectOf(ComponentPlan component) => component switch
    {
        IContainerPlace place => place.ComposeProject,
        ComposePlan stack => stack.Project,
        _ => null,
    };

    /// <summary>True for the component that is the Compose project itself.</summary>
    public static bool IsCompose(ComponentPlan component) => component is ComposePlan;

    /// <summary>Files and folders that it restores.</summary>
    public static IReadOnlyList<string> PathsOf(ComponentPlan component) => component switch
    {
        FilesPlan files => files.Paths,
        PrivateFilesPlan files => files.Paths,
        _ => [],
    };

    /// <summary>True when it is restored through a running service.</summary>
    public static bool IsServed(ComponentPlan component) => s_served.Contains(component.Type, StringComparer.Ordinal);

    /// <summary>Its place in the order.</summary>
    public static int Rank(ComponentPlan component, bool rebuild)
    {
        int rank = Array.IndexOf(rebuild ? s_rebuild : s_order, component.Type);
        return rank < 0 ? s_order.Length : rank;
    }
}
