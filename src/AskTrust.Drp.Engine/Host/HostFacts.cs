using System.Runtime.InteropServices;

namespace AskTrust.Drp.Engine.Host;

/// <summary>Where a run took place, for manifests and evidence.</summary>
internal sealed record HostFacts
{
    /// <summary>Host name.</summary>
    public required string Name { get; init; }

    /// <summary>Operating system, e.g. <c>Debian GNU/Linux 12 (bookworm)</c>.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>Processor architecture, e.g. <c>x64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>User the run had.</summary>
    public required string User { get; init; }

    /// <summary>Version of the Docker server; null where there is none or it does not answer at once.</summary>
    public string? Docker { get; init; }

    /// <summary>Collects them; never fails, only knows less.</summary>
    public static async Task<HostFacts> CollectAsync(IProcessRunner processes, CancellationToken ct)
    {
        string? docker = null;
        if (processes.Find("docker") is not null)
        {
            try
            {
                var result = await processes.RunAsync(new Command("docker", "version", "--format", "{{.Server.Version}}") { Timeout = TimeSpan.FromSeconds(3) }, ct).ConfigureAwait(false);
                if (result.Ok) docker = result.Text.Trim();
            }
            catch (DrpException)
            {
                // No answer in time: the run does not depend on it.
            }
        }

        return new HostFacts
        {
            Name = Environment.MachineName,
            OperatingSystem = ReadDescription(),
            Architecture = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
            User = Environment.UserName,
            Docker = string.IsNullOrEmpty(docker) ? null : docker,
        };
    }

    private static string ReadDescription()
    {
        const string key = "PRETTY_NAME=";
        string? line = File.Exists("/etc/os-release") ? File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.OSDescription : line[key.Length..].Trim('"');
    }
}
