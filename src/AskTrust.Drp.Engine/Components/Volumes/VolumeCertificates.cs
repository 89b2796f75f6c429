using System.Formats.Tar;
using AskTrust.Drp.Engine.Components.Certificates;
using AskTrust.Drp.Engine.Components.Containers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Volumes;

/// <summary>
/// The certificates inside a Docker volume, read through a container that has it. Only files that look like certificates leave it, into our memory: their keys never lie on this machine's disk.
/// </summary>
internal static class VolumeCertificates
{
    private const string Missing = "drp-missing ";

    /// <summary>
    /// Finds and packs them with what every shell, find and tar knows. Links are followed, as certbot's <c>live</c> is made of them; one that leads nowhere is told. Without files
    /// nothing is packed: a tar may refuse to make an empty archive.
    /// </summary>
    private static readonly string s_script = $$"""
        cd "$1" || exit 1
        shift
        for root; do [ -e "$root" ] || printf '{{Missing}}%s\n' "$root" >&2; done
        found=$(find -L "$@" \( -type f -o -type l \) \( {{string.Join(" -o ", CertificateReader.Patterns.Select(p => $"-iname '{p}'"))}} \) 2>/dev/null)
        there=$(printf '%s\n' "$found" | while IFS= read -r file; do
            if [ -e "$file" ]; then printf '%s\n' "$file"; elif [ -n "$file" ]; then printf '{{Missing}}%s\n' "$file" >&2; fi
        done)
        [ -n "$there" ] || exit 0
        # As arguments, one for each line: not every tar reads their names from a file.
        set -f
        IFS='
        '
        tar -chf - $there
        """;

    /// <summary>Reads them in a container made for that.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there is no such volume, or the engine does not answer.</exception>
    public static async Task<IReadOnlyList<CertificateFacts>> ReadAsync(VolumePlan plan, HostContext host, string? password, CancellationToken ct)
    {
        DockerVolume volume = await DockerVolume.RequireAsync(host, plan.Volume, ct).ConfigureAwait(false);
        HelperContainer helper = await HelperContainer.WithVolumeAsync(host, volume.Image(plan.Image), plan.Volume, DockerVolume.Folder, readOnly: true, ct).ConfigureAwait(false);
        await using var _ = helper.ConfigureAwait(false);
        return await ReadAsync(plan, helper.Target, host, password, ct).ConfigureAwait(false);
    }

    /// <summary>Reads them where a container has the volume already.</summary>
    public static async Task<IReadOnlyList<CertificateFacts>> ReadAsync(VolumePlan plan, IExecutionTarget target, HostContext host, string? password, CancellationToken ct)
    {
        ProcessResult result = await host.Processes.RunAsync(target.Wrap(new Command("sh", ["-c", s_script, "sh", DockerVolume.Folder, .. plan.Certificates.Select(p => "." + p)])), ct).ConfigureAwait(false);
        if (!result.Ok) throw new PlaceShell(host, target).Failed(result.Errors);
        var files = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        foreach (string line in result.Errors.Split('\n').Where(l => l.StartsWith(Missing, StringComparison.Ordinal))) files[Named(plan, line[Missing.Length..])] = null;
        if (result.Output.Length > 0)
        {
            using var archive = new TarReader(new MemoryStream(result.Output));
            while (await archive.GetNextEntryAsync(copyData: true, ct).ConfigureAwait(false) is { } entry)
            {
                using var bytes = new MemoryStream();
                if (entry.DataStream is { } content) await content.CopyToAsync(bytes, ct).ConfigureAwait(false);
                files[Named(plan, entry.Name)] = bytes.ToArray();
            }
        }

        return CertificateReader.Read(files, [.. plan.Certificates.Select(p => Named(plan, p))], password);
    }

    /// <summary>How a file in a volume is called: <c>letsencrypt:/live/www/fullchain.pem</c>.</summary>
    private static string Named(VolumePlan plan, string path) => $"{plan.Volume}:/{path.TrimStart('.').TrimStart('/')}";
}
