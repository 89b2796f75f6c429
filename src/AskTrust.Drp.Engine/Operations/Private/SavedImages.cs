using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Private;

/// <summary>The images of a Compose project that lie in its set: loaded where one of them is not on the machine.</summary>
internal sealed class SavedImages
{
    private readonly ComponentSet _set;
    private readonly BackupArtifact _artifact;
    private readonly string[] _missing;

    private SavedImages(ComponentSet set, BackupArtifact artifact, string[] missing) => (_set, _artifact, _missing) = (set, artifact, missing);

    /// <summary>What will be done.</summary>
    public IReadOnlyList<string> Steps => _missing.Length == 0 ? [] : [Text.Of(OperationsTexts.StepLoadImages, string.Join(", ", _missing))];

    /// <summary>Looks; null when the set holds no images.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: the engine does not answer.</exception>
    public static async Task<SavedImages?> LookAsync(ComponentSet set, CancellationToken ct)
    {
        if (set.Facts.Compose is not { ImageArchive: { } name } compose) return null;
        var engine = new ContainerEngine(set.Context.Host);
        List<string> missing = [];
        foreach (var image in compose.Services.Where(s => s.Image is not null && s.ImageId is not null).DistinctBy(s => s.Image, StringComparer.Ordinal))
        {
            ProcessResult there = await engine.TryAsync(null, ct, "image", "inspect", "--format", "{{.Id}}", "--", image.Image!).ConfigureAwait(false);
            if (!there.Ok && !ContainerEngine.IsMissing(there)) throw engine.Failed(there, image.Image);
            if (!there.Ok || there.Text.Trim() != image.ImageId) missing.Add(image.Image!);
        }

        return new SavedImages(set, set.Artifact(name), [.. missing]);
    }

    /// <summary>Loads them, streamed.</summary>
    public async Task LoadAsync(CancellationToken ct)
    {
        if (_missing.Length == 0) return;
        HostContext host = _set.Context.Host;
        Stream plain = await _set.OpenAsync(_artifact, ct).ConfigureAwait(false);
        await using var _ = plain.ConfigureAwait(false);
        IRunningProcess load = host.Processes.Start(new Command(new ContainerEngine(host).Program, "load", "--quiet"));
        await using var __ = load.ConfigureAwait(false);
        try
        {
            await plain.CopyToAsync(load.Input, ct).ConfigureAwait(false);
            load.Input.Close();
        }
        catch (IOException)
        {
            // It ended before its input did; its exit code says why.
        }

        if (await load.WaitAsync(ct).ConfigureAwait(false) is not 0 and var code)
            throw new DrpException(DrpError.Failed, Text.Of(OperationsTexts.LoadFailed, string.Join(", ", _missing), code, host.Redactor.Clean(load.Errors.Trim()))) { Subject = _set.Facts.Component };
    }
}
