namespace AskTrust.Drp.Engine.Host.Containers;

/// <summary>Labels that every Compose (v1, v2, podman's) puts on its containers: by these they are found, never by a name made up from project and service.</summary>
internal static class ComposeLabels
{
    /// <summary>Name of the project.</summary>
    public const string Project = "com.docker.compose.project";

    /// <summary>Name of the service.</summary>
    public const string Service = "com.docker.compose.service";

    /// <summary><c>True</c> on what <c>compose run</c> made.</summary>
    public const string OneOff = "com.docker.compose.oneoff";

    /// <summary>v2 only: <c>db:service_healthy:false,cache:service_started:false</c>.</summary>
    public const string DependsOn = "com.docker.compose.depends_on";

    /// <summary>Folder that relative paths start from.</summary>
    public const string Folder = "com.docker.compose.project.working_dir";

    /// <summary>The files, with commas; relative to the folder in v1.</summary>
    public const string Files = "com.docker.compose.project.config_files";
}
