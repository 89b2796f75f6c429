using System.Buffers;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.Compose;

/// <summary>The images of a project, streamed from the engine as <c>docker load</c> takes them.</summary>
internal sealed class ImagesArtifact(string name, IReadOnlyList<string> images, HostContext host) : IArtifactSource
{
    private const int Buffer = 1024 * 1024;
    private const int Piece = 256 * 1024;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => "images";

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public long? EstimatedSize => null;

    /// <inheritdoc/>
    public async Task WriteAsync(ISink plain, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Buffer);
        try
        {
            IRunningProcess save = host.Processes.Start(new Command(new ContainerEngine(host).Program, ["save", .. images]));
            await using (save.ConfigureAwait(false))
            {
                save.Input.Close();
                int count;
                while ((count = await save.Output.ReadPieceAsync(buffer.AsMemory(0, Buffer), Piece, ct).ConfigureAwait(false)) > 0) await plain.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
                if (await save.WaitAsync(ct).ConfigureAwait(false) is not 0 and var code)
                    throw new DrpException(DrpError.Failed, Text.Of(ComposeTexts.SaveFailed, string.Join(", ", images), code, host.Redactor.Clean(save.Errors.Trim()))) { Subject = name };
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
