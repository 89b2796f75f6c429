namespace AskTrust.Drp.Engine.Host;

/// <summary>A private folder of <see cref="TempSpace"/>; disposing deletes it with all it holds.</summary>
internal sealed class TempFolder(string path) : IDisposable, IAsyncDisposable
{
    /// <summary>Full path; empty at the start.</summary>
    public string Path => path;

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            TempSpace.Remove(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A process that is still ending may add a file: the owner file stays, so a later sweep takes the rest.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
