using System.Text;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Volumes;

/// <summary>A volume as an archive, straight from the tar in a container; by the same rules as folders of this machine.</summary>
internal sealed class VolumeArtifact(string name, VolumePlan plan, IExecutionTarget target, bool gnu, bool whole, HostContext host) : IArtifactSource
{
    private const int Piece = 256 * 1024;

    /// <summary>What our own restores put aside at the top of a volume.</summary>
    private static readonly string[] s_ours = ["./drp-before-*", "./drp-restoring-*", "./drp-half-*"];

    private static readonly string[] s_gnu = ["--format=posix", "--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*", "--sparse", "--wildcards-match-slash"];
    private static readonly string[] s_rules = ["-X", "/dev/stdin"];
    private readonly PackFilter _filter = new();
    private readonly TarMessages _said = new();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => FolderArtifact.Files;

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => null;

    /// <summary>What the archive holds.</summary>
    public FolderFacts Facts => new()
    {
        Archive = name, Path = plan.Volume, Entries = _filter.Tally.Entries, Files = _filter.Tally.Files, Folders = _filter.Tally.Folders, Links = _filter.Tally.Links,
        LinksOutside = _filter.Tally.LinksOutside, Bytes = _filter.Tally.Bytes, Unreadable = _said.Unreadable.Count,
    };

    /// <summary>What the operator should know.</summary>
    public IEnumerable<string> Warnings => [.. _said.Warnings(plan.Volume), .. _filter.Devices.Count > 0 ? new[] { Text.Of(FilesTexts.Devices, plan.Volume, _filter.Devices.Count, _filter.Devices) } : []];

    /// <summary>What is missing; null when everything was read.</summary>
    public string? Missing => _said.Unreadable.Count > 0 ? Text.Of(FilesTexts.Unreadable, plan.Volume, _said.Unreadable.Count, _said.Unreadable) : null;

    /// <inheritdoc/>
    public async Task WriteAsync(ISink plain, CancellationToken ct)
    {
        byte[] buffer = new byte[1024 * 1024];
        IRunningProcess process = host.Processes.Start(target.Wrap(new Command(GnuTar.Program, ["-c", .. gnu ? s_gnu : [], .. whole ? [] : s_rules, "-C", DockerVolume.Folder, "-f", "-", "."]) { Environment = GnuTar.Environment }));
        await using var _ = process.ConfigureAwait(false);
        process.OnErrorLine = line =>
        {
            host.Say(DrpEventLevel.Verbose, line);
            _said.Add(line);
        };
        try
        {
            string rules = string.Concat(s_ours.Concat(plan.Exclude.Select(p => p.StartsWith('/') ? "." + p : p)).Select(p => p + "\n"));
            await process.Input.WriteAsync(Encoding.UTF8.GetBytes(rules), ct).ConfigureAwait(false);
            process.Input.Close();
        }
        catch (IOException)
        {
            // It ended already; its exit code says why.
        }

        int count;
        do
        {
            count = await process.Output.ReadPieceAsync(buffer, Piece, ct).ConfigureAwait(false);
            _filter.Feed(buffer.AsSpan(0, count));
            if (_filter.Passed.Length > 0) await plain.WriteAsync(_filter.Passed, ct).ConfigureAwait(false);
            _filter.Clear();
        }
        while (count >= Piece);

        int code = await process.WaitAsync(ct).ConfigureAwait(false);
        bool explained = code == 0 || (gnu && code == 1 && _said.Fatal is null) || (gnu && code == 2 && _said.Fatal is null && _said.Unreadable.Count > 0);
        if (explained && _filter.Problem is null) return;
        string why = _filter.Problem is { } problem && explained ? problem : process.Errors.Trim();
        throw new DrpException(DrpError.Failed, Text.Of(VolumeTexts.TarFailed, plan.Volume, code, host.Redactor.Clean(why.Split('\n')[0]))) { Subject = plan.Volume, Hint = gnu ? null : VolumeTexts.NoImageHint };
    }
}
