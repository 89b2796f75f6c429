using System.Globalization;
using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Sftp;

/// <summary>
/// A folder on another host, through the installed <c>ssh</c> (its keys, agent, configuration and host key checks) and the SFTP
/// protocol on its standard streams: the <c>sftp</c> program can neither stream nor create exclusively. Unknown hosts are refused.
/// </summary>
internal sealed class SftpRepository : IRepository
{
    private readonly SftpRepositoryPlan _plan;
    private readonly HostContext _host;
    private readonly SemaphoreSlim _connecting = new(1);
    private readonly string _root;
    private SftpClient? _client;

    private SftpRepository(SftpRepositoryPlan plan, HostContext host, TimeSpan idle)
    {
        (_plan, _host, Idle) = (plan, host, idle);
        _root = plan.Path.Length > 1 ? plan.Path.TrimEnd('/') : plan.Path;
        string user = plan.User is null ? "" : plan.User + "@";
        string port = plan.Port == 22 ? "" : ":" + plan.Port.ToString(CultureInfo.InvariantCulture);
        Location = $"sftp://{user}{plan.Host}{port}/{_root.TrimStart('/')}";
    }

    /// <summary>Opens the repository of a plan; connects only when first used.</summary>
    public static Task<IRepository> OpenAsync(SftpRepositoryPlan plan, HostContext host, CancellationToken ct) => OpenAsync(plan, host, TimeSpan.FromSeconds(60), ct);

    /// <summary>As above, with another limit for silence.</summary>
    public static Task<IRepository> OpenAsync(SftpRepositoryPlan plan, HostContext host, TimeSpan idle, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult<IRepository>(new SftpRepository(plan, host, idle));
    }

    /// <inheritdoc/>
    public string Name => _plan.Name;

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <summary>Longest silence of the server.</summary>
    internal TimeSpan Idle { get; }

    /// <inheritdoc/>
    public Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct)
    {
        string path = PathOf(key);
        return CallAsync<ISink>(RepositoryAction.Write, key, async client =>
        {
            if (await client.StatAsync(path, ct).ConfigureAwait(false) is not null) throw new ObjectExistsException(Name, key);
            string temporary = $"{FolderOf(path)}/{RepositoryKey.NewTemporaryName()}";
            for (int attempt = 0; ; attempt++)
            {
                SftpReply created = await client.CreateFileAsync(temporary, ct).ConfigureAwait(false);
                if (created.IsOk) return new SftpSink(this, client, key, path, temporary, created.Data);
                // The folder is missing, or was deleted as empty since we made it.
                if (created.Status != SftpStatus.NoSuchFile || attempt == 3) throw client.Refused(created, RepositoryAction.Write, key);
                await MakeFoldersAsync(client, FolderOf(path), ct).ConfigureAwait(false);
            }
        }, ct);
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        string path = PathOf(key);
        return CallAsync<Stream>(RepositoryAction.Read, key, async client =>
        {
            SftpAttributes? found = await client.StatAsync(path, ct).ConfigureAwait(false);
            if (found is not { IsFile: true }) throw await MissingAsync(client, key, ct).ConfigureAwait(false);
            SftpReply opened = await client.OpenFileAsync(path, ct).ConfigureAwait(false);
            if (opened.Status == SftpStatus.NoSuchFile) throw await MissingAsync(client, key, ct).ConfigureAwait(false);
            if (!opened.IsOk) throw client.Refused(opened, RepositoryAction.Read, key);
            long expected = length ?? Math.Max(0, found.Size - offset);
            return new ExactStream(new SftpReadStream(client, opened.Data, offset, expected, key), expected, Name, key, Idle, e => Translate(e, RepositoryAction.Read, key));
        }, ct);
    }

    /// <inheritdoc/>
    public Task<StoredObject?> StatAsync(string key, CancellationToken ct)
    {
        string path = PathOf(key);
        return CallAsync(RepositoryAction.Read, key, async client =>
        {
            SftpAttributes? found = await client.StatAsync(path, ct).ConfigureAwait(false);
            if (found is { IsFile: true }) return new StoredObject(key, found.Size, found.Modified);
            // Says so when it is not only the object that is missing.
            _ = found is null ? await MissingAsync(client, key, ct).ConfigureAwait(false) : null;
            return null;
        }, ct);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        RepositoryKey.CheckPrefix(prefix);
        await foreach (FolderEntry found in FolderWalk.FilesAsync(prefix, (folder, token) => ReadFolderAsync(folder, name => RepositoryKey.IsLegalSegment(name), token), ct).ConfigureAwait(false))
            yield return new StoredObject(found.Key, found.Size, found.Modified);
    }

    /// <inheritdoc/>
    public Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct)
    {
        string path = PathOf(key);
        return CallAsync(RepositoryAction.Delete, key, async client =>
        {
            SftpReply removed = await client.RemoveAsync(path, ct).ConfigureAwait(false);
            if (removed.Status == SftpStatus.PermissionDenied) return DeleteOutcome.Retained;
            if (removed.Status == SftpStatus.NoSuchFile) return DeleteOutcome.Deleted;
            if (!removed.IsOk) throw client.Refused(removed, RepositoryAction.Delete, key);
            await RemoveEmptyFoldersAsync(client, FolderOf(path), ct).ConfigureAwait(false);
            return DeleteOutcome.Deleted;
        }, ct);
    }

    /// <inheritdoc/>
    public async Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct)
    {
        RepositoryKey.CheckPrefix(prefix);
        DateTimeOffset before = _host.Clock.GetUtcNow() - olderThan;
        string folder = prefix[..(prefix.LastIndexOf('/') + 1)];
        var walk = FolderWalk.FilesAsync(folder, (f, token) => ReadFolderAsync(f, name => RepositoryKey.IsLegalSegment(name) || RepositoryKey.IsTemporary(name), token), ct);
        int swept = 0;
        await foreach (FolderEntry found in walk.ConfigureAwait(false))
        {
            if (!found.IsLeftoverOf(prefix) || found.Modified > before) continue;
            string path = $"{_root}/{found.Key}";
            await CallAsync(RepositoryAction.Delete, found.Key, async client =>
            {
                SftpReply removed = await client.RemoveAsync(path, ct).ConfigureAwait(false);
                if (!removed.IsOk && removed.Status != SftpStatus.NoSuchFile) throw client.Refused(removed, RepositoryAction.Delete, found.Key);
                await RemoveEmptyFoldersAsync(client, FolderOf(path), ct).ConfigureAwait(false);
                return true;
            }, ct).ConfigureAwait(false);
            swept++;
        }

        return swept;
    }

    /// <inheritdoc/>
    public Task<long?> FreeSpaceAsync(CancellationToken ct)
        => CallAsync(RepositoryAction.Open, Location, client => client.FreeSpaceAsync(_root, ct), ct);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken ct) => CallAsync(RepositoryAction.Open, Location, async client =>
    {
        if (!await client.IsFolderAsync(_root, ct).ConfigureAwait(false))
        {
            // Only the last folder is ours to make: a missing parent rather means that something is not mounted there.
            SftpReply made = await client.MakeFolderAsync(_root, ct).ConfigureAwait(false);
            if (made.Status == SftpStatus.NoSuchFile) throw FolderMissing();
            if (!made.IsOk) throw client.Refused(made, RepositoryAction.Open, Location);
        }

        if (_plan.ReadOnly) return true;
        string probe = $"{_root}/{RepositoryKey.NewTemporaryName()}";
        SftpReply created = await client.CreateFileAsync(probe, ct).ConfigureAwait(false);
        if (!created.IsOk) throw client.Refused(created, RepositoryAction.Open, Location);
        await client.CloseAsync(created.Data, ct).ConfigureAwait(false);
        await client.RemoveAsync(probe, ct).ConfigureAwait(false);
        return true;
    }, ct);

    /// <inheritdoc/>
    public Task<bool> LookAsync(CancellationToken ct) => CallAsync(RepositoryAction.Open, Location, async client =>
        await client.IsFolderAsync(_root, ct).ConfigureAwait(false) || (await client.IsFolderAsync(FolderOf(_root), ct).ConfigureAwait(false) ? false : throw FolderMissing()), ct);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_client is { } client) await client.DisposeAsync().ConfigureAwait(false);
        _connecting.Dispose();
    }

    /// <summary>Does something on the connection, making one when there is none, with our exceptions.</summary>
    internal async Task<T> CallAsync<T>(RepositoryAction action, string subject, Func<SftpClient, Task<T>> work, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            return await work(await ClientAsync(ct).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception e) when (Translate(e, action, subject) is { } ours)
        {
            throw ours;
        }
    }

    internal DrpException? Translate(Exception e, RepositoryAction action, string subject) => e switch
    {
        SshFailedException ssh => SshErrors.Translate(ssh, Name, Location, _host.Redactor),
        IOException and not EndOfStreamException => RepositoryErrors.Make(DrpError.Unreachable, action, Name, subject, e.Message, e, RepositoriesTexts.NetworkHint, transient: true),
        _ => null,
    };

    private static string FolderOf(string path) => path[..path.LastIndexOf('/')];

    private string PathOf(string key) => $"{_root}/{RepositoryKey.Check(key)}";

    private DrpException FolderMissing() => new(DrpError.RepositoryMissing, Text.Of(RepositoriesTexts.FolderMissing, Name, _root))
    {
        Hint = RepositoriesTexts.FolderMissingHint,
        Subject = Name,
    };

    private async Task<ObjectMissingException> MissingAsync(SftpClient client, string key, CancellationToken ct)
        => await client.IsFolderAsync(_root, ct).ConfigureAwait(false) ? new ObjectMissingException(Name, key) : throw FolderMissing();

    private Task<IReadOnlyList<FolderEntry>> ReadFolderAsync(string folder, Func<string, bool> wanted, CancellationToken ct)
        => CallAsync<IReadOnlyList<FolderEntry>>(RepositoryAction.List, folder, async client =>
        {
            var found = await client.ReadFolderAsync($"{_root}/{folder}", ct).ConfigureAwait(false);
            if (found is not null)
                return [.. found.Where(f => wanted(f.Name) && (f.Attributes.IsFile || f.Attributes.IsFolder)).Select(f => Entry(folder, f.Name, f.Attributes))];
            return await client.IsFolderAsync(_root, ct).ConfigureAwait(false) ? [] : throw FolderMissing();
        }, ct);

    private static FolderEntry Entry(string folder, string name, SftpAttributes a)
        => new(folder + name + (a.IsFolder ? "/" : ""), a.IsFolder, a.Size, a.Modified);

    private async Task MakeFoldersAsync(SftpClient client, string folder, CancellationToken ct)
    {
        if (folder.Length <= _root.Length)
        {
            if (!await client.IsFolderAsync(_root, ct).ConfigureAwait(false)) throw FolderMissing();
            return;
        }

        SftpReply made = await client.MakeFolderAsync(folder, ct).ConfigureAwait(false);
        if (made.Status != SftpStatus.NoSuchFile) return;
        await MakeFoldersAsync(client, FolderOf(folder), ct).ConfigureAwait(false);
        await client.MakeFolderAsync(folder, ct).ConfigureAwait(false);
    }

    private async Task RemoveEmptyFoldersAsync(SftpClient client, string folder, CancellationToken ct)
    {
        // The server refuses when one is not empty: that ends the way up.
        while (folder.Length > _root.Length && (await client.RemoveFolderAsync(folder, ct).ConfigureAwait(false)).IsOk) folder = FolderOf(folder);
    }

    private async Task<SftpClient> ClientAsync(CancellationToken ct)
    {
        if (_client is { IsUsable: true } usable) return usable;
        await _connecting.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_client is { IsUsable: true } made) return made;
            if (_client is not null) await _client.DisposeAsync().ConfigureAwait(false);
            _client = null;
            SftpConnection connection = await SftpConnection.OpenAsync(_host.Processes, SshCommand(), Idle, ct).ConfigureAwait(false);
            return _client = new SftpClient(connection, Name);
        }
        finally
        {
            _connecting.Release();
        }
    }

    private Command SshCommand() =>
        new("ssh", [.. SshOptions.Arguments(_plan.Port, _plan.User, _plan.IdentityFile, _plan.KnownHostsFile), "-s", "--", _plan.Host, "sftp"]);
}
