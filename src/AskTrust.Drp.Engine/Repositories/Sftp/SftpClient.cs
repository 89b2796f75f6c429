namespace AskTrust.Drp.Engine.Repositories.Sftp;

/// <summary>The requests that the driver makes, each with its name.</summary>
internal sealed class SftpClient(SftpConnection connection, string repository) : IAsyncDisposable
{
    private const string Fsync = "fsync@openssh.com";
    private const string HardLink = "hardlink@openssh.com";
    private const string StatVfs = "statvfs@openssh.com";
    private const uint ReadFlag = 0x01;
    private const uint WriteFlag = 0x02;
    private const uint CreateFlag = 0x08;
    private const uint ExclusiveFlag = 0x20;
    private const uint OwnerFile = 0x180;
    private const uint OwnerFolder = 0x1C0;

    public bool IsUsable => connection.IsUsable;

    /// <summary>True when the server can give a file a second name.</summary>
    public bool CanLink => connection.Extensions.Contains(HardLink);

    public Task<SftpReply> OpenFileAsync(string path, CancellationToken ct)
        => connection.AskAsync(SftpType.Open, w => w.String(path).UInt(ReadFlag).UInt(0), ct);

    /// <summary>Makes a file that was not there, readable for its owner only.</summary>
    public Task<SftpReply> CreateFileAsync(string path, CancellationToken ct)
        => connection.AskAsync(SftpType.Open, w => w.String(path).UInt(WriteFlag | CreateFlag | ExclusiveFlag).Mode(OwnerFile), ct);

    public Task<SftpReply> CloseAsync(ReadOnlyMemory<byte> handle, CancellationToken ct)
        => connection.AskAsync(SftpType.Close, w => w.Bytes(handle.Span), ct);

    public Task<Task<SftpReply>> SendReadAsync(ReadOnlyMemory<byte> handle, long offset, int count, CancellationToken ct)
        => connection.SendAsync(SftpType.Read, w => w.Bytes(handle.Span).ULong((ulong)offset).UInt((uint)count), ct);

    public Task<Task<SftpReply>> SendWriteAsync(ReadOnlyMemory<byte> handle, long offset, ReadOnlyMemory<byte> bytes, CancellationToken ct)
        => connection.SendAsync(SftpType.Write, w => w.Bytes(handle.Span).ULong((ulong)offset).Bytes(bytes.Span), ct);

    public Task<SftpReply> WaitAsync(Task<SftpReply> answer, CancellationToken ct) => connection.WaitAsync(answer, ct);

    /// <summary>Makes a file durable, where the server can.</summary>
    public async Task<SftpReply?> SyncAsync(ReadOnlyMemory<byte> handle, CancellationToken ct)
        => connection.Extensions.Contains(Fsync)
            ? await connection.AskAsync(SftpType.Extended, w => w.String(Fsync).Bytes(handle.Span), ct).ConfigureAwait(false)
            : null;

    /// <summary>Gives a file a second name, unless it is taken.</summary>
    public Task<SftpReply> LinkAsync(string existing, string second, CancellationToken ct)
        => connection.AskAsync(SftpType.Extended, w => w.String(HardLink).String(existing).String(second), ct);

    /// <summary>Renames; in this version of the protocol a name that is taken is an error.</summary>
    public Task<SftpReply> RenameAsync(string from, string to, CancellationToken ct)
        => connection.AskAsync(SftpType.Rename, w => w.String(from).String(to), ct);

    public Task<SftpReply> RemoveAsync(string path, CancellationToken ct) => connection.AskAsync(SftpType.Remove, w => w.String(path), ct);

    public Task<SftpReply> MakeFolderAsync(string path, CancellationToken ct) => connection.AskAsync(SftpType.MakeFolder, w => w.String(path).Mode(OwnerFolder), ct);

    public Task<SftpReply> RemoveFolderAsync(string path, CancellationToken ct) => connection.AskAsync(SftpType.RemoveFolder, w => w.String(path), ct);

    /// <summary>What is there, links not followed; null when nothing is.</summary>
    public async Task<SftpAttributes?> StatAsync(string path, CancellationToken ct)
    {
        SftpReply reply = await connection.AskAsync(SftpType.LinkStat, w => w.String(path), ct).ConfigureAwait(false);
        if (reply.Status == SftpStatus.NoSuchFile) return null;
        return reply.Type == SftpType.Attributes ? reply.Rest.Attributes() : throw Refused(reply, RepositoryAction.Read, path);
    }

    /// <summary>True when it is a folder, or a link to one: the root may be that.</summary>
    public async Task<bool> IsFolderAsync(string path, CancellationToken ct)
    {
        SftpReply reply = await connection.AskAsync(SftpType.Stat, w => w.String(path), ct).ConfigureAwait(false);
        return reply.Type == SftpType.Attributes && reply.Rest.Attributes().IsFolder;
    }

    /// <summary>What a folder holds; null when there is no such folder.</summary>
    public async Task<List<(string Name, SftpAttributes Attributes)>?> ReadFolderAsync(string path, CancellationToken ct)
    {
        SftpReply opened = await connection.AskAsync(SftpType.OpenFolder, w => w.String(path), ct).ConfigureAwait(false);
        if (opened.Status == SftpStatus.NoSuchFile) return null;
        if (!opened.IsOk) throw Refused(opened, RepositoryAction.List, path);
        List<(string, SftpAttributes)> found = [];
        while (true)
        {
            SftpReply reply = await connection.AskAsync(SftpType.ReadFolder, w => w.Bytes(opened.Data.Span), ct).ConfigureAwait(false);
            if (reply.Status == SftpStatus.EndOfFile) break;
            if (reply.Type != SftpType.Names) throw Refused(reply, RepositoryAction.List, path);
            for (uint n = reply.Rest.UInt(); n > 0; n--)
            {
                string name = reply.Rest.String();
                // A line as of ls -l, for people.
                reply.Rest.Bytes();
                found.Add((name, reply.Rest.Attributes()));
            }
        }

        await CloseAsync(opened.Data, ct).ConfigureAwait(false);
        return found;
    }

    /// <summary>Free bytes for us; null where the server does not tell.</summary>
    public async Task<long?> FreeSpaceAsync(string path, CancellationToken ct)
    {
        if (!connection.Extensions.Contains(StatVfs)) return null;
        SftpReply reply = await connection.AskAsync(SftpType.Extended, w => w.String(StatVfs).String(path), ct).ConfigureAwait(false);
        if (reply.Type != SftpType.ExtendedReply) throw Refused(reply, RepositoryAction.Open, path);
        reply.Rest.ULong();
        ulong fragment = reply.Rest.ULong();
        reply.Rest.ULong();
        reply.Rest.ULong();
        return (long)(reply.Rest.ULong() * fragment);
    }

    /// <summary>Our exception for a refusal.</summary>
    public DrpException Refused(SftpReply reply, RepositoryAction action, string subject)
    {
        string reason = reply.Message.Length > 0 ? reply.Message : reply.Status.ToString();
        string? hint = reply.Status == SftpStatus.PermissionDenied ? RepositoriesTexts.RightsHint : null;
        bool missing = reply.Status == SftpStatus.NoSuchFile;
        return RepositoryErrors.Make(missing ? DrpError.RepositoryMissing : DrpError.Failed, action, repository, subject, reason, hint: hint);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
