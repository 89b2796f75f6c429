using System.Buffers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>The files of a base in folders of this machine that are empty.</summary>
/// <param name="user">Owner of everything; null = ourselves.</param>
internal class LocalFiles(SystemUser? user) : IBaseReceiver
{
    private const int Piece = 1024 * 1024;
    // Group and others as the server had it, never more than reading.
    private const UnixFileMode Allowed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    /// <inheritdoc/>
    public virtual Task FolderAsync(string path, UnixFileMode mode, CancellationToken ct)
    {
        Directory.CreateDirectory(path);
        Own(path, mode);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public virtual async Task FileAsync(string path, UnixFileMode mode, Stream? data, long length, Action<int> took, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, length);
            long position = 0;
            while (data is not null)
            {
                int count = await data.ReadAtLeastAsync(buffer.AsMemory(0, (int)Math.Min(Piece, Math.Max(1, length - position))), 1, throwOnEndOfStream: false, ct).ConfigureAwait(false);
                if (count == 0) break;
                RandomAccess.Write(file, buffer.AsSpan(0, count), position);
                position += count;
                took(count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Own(path, mode);
    }

    /// <inheritdoc/>
    public virtual Task TextAsync(string path, string text, CancellationToken ct)
    {
        Write(path, text);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public virtual Task LinkAsync(string path, string target, CancellationToken ct)
    {
        File.CreateSymbolicLink(path, target);
        if (user is not null) Posix.ChangeOwner(path, user.Id, user.Group);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public virtual Task CompleteAsync(string data, CancellationToken ct)
    {
        string control = Path.Combine(data, TarScanner.ControlFile);
        if (!File.Exists(control + IBaseReceiver.Waiting)) throw new DrpException(DrpError.VerificationFailed, Text.Of(PhysicalTexts.BadArchive, data, PhysicalTexts.NoControlFile)) { Subject = data };
        File.Move(control + IBaseReceiver.Waiting, control);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Writes a small file.</summary>
    public void Write(string path, string text)
    {
        File.WriteAllText(path, text);
        Own(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Gives a file or folder to the server's user.</summary>
    protected void Own(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(path, mode & Allowed);
        if (user is not null) Posix.ChangeOwner(path, user.Id, user.Group);
    }
}
