using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>
/// A passphrase on a named pipe (0600, in a 0700 folder): it is never on disk, in an argument or in the environment. Open
/// for reading and writing on our side, so that neither side waits for the other and nothing hangs when gpg never reads it.
/// </summary>
internal sealed class PassphrasePipe : IAsyncDisposable, IDisposable
{
    private readonly FileStream _pipe;

    public PassphrasePipe(string path, Secret passphrase)
    {
        string text = passphrase.Reveal();
        if (text.AsSpan().ContainsAny('\r', '\n')) throw new DrpException(DrpError.KeyOrPassphrase, PipelineTexts.PassphraseLines);
        Path = path;
        Posix.MakeFifo(path);
        _pipe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        _pipe.Write(Encoding.UTF8.GetBytes(text + "\n"));
    }

    /// <summary>For <c>--passphrase-file</c>.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pipe.Dispose();
        File.Delete(Path);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
