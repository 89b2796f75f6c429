using System.Security.Cryptography;
using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Local;

/// <summary>Writes one object of a directory repository under a temporary name; completing gives it its own.</summary>
internal sealed class DirectorySink : ISink
{
    private const long WritebackStep = 8 << 20;
    private const int ClaimAttempts = 100;
    private readonly DirectoryRepository _repository;
    private readonly string _key;
    private readonly string _file;
    private readonly string _temporary;
    private readonly PublishBy _publishBy;
    private readonly FileStream _stream;
    private long _length;
    private long _handedOver;
    private bool _published;

    public DirectorySink(DirectoryRepository repository, string key, string file, PublishBy publishBy)
    {
        _repository = repository;
        _key = key;
        _file = file;
        _publishBy = publishBy;
        _temporary = Path.Join(Path.GetDirectoryName(file), RepositoryKey.NewTemporaryName());
        _stream = CreateFile(_temporary, FileOptions.Asynchronous);
    }

    /// <summary>Makes a file that only we may read, and that was not there.</summary>
    public static FileStream CreateFile(string path, FileOptions options) => new(path, Creation(options));

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await _stream.WriteAsync(bytes, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (_repository.Translate(e, RepositoryAction.Write, _key) is { } ours)
        {
            throw ours;
        }

        _length += bytes.Length;
        if (_length - _handedOver < WritebackStep) return;
        FileSystemCalls.StartWriteback(_stream.SafeFileHandle, _handedOver, _length - _handedOver);
        _handedOver = _length;
    }

    /// <inheritdoc/>
    public async Task CompleteAsync(CancellationToken ct)
    {
        await _repository.CallAsync(RepositoryAction.Write, _key, () =>
        {
            _stream.Flush(flushToDisk: true);
            _stream.Dispose();
            return true;
        }, ct).ConfigureAwait(false);
        ct.ThrowIfCancellationRequested();
        // From here on there is no way back: what becomes visible must not be reported as cancelled.
        await _repository.CallAsync(RepositoryAction.Write, _key, () =>
        {
            Publish();
            _published = true;
            FileSystemCalls.SyncFolder(Path.GetDirectoryName(_file)!);
            return true;
        }, CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        if (_published) return;
        // File.Delete of what is not there is no error. What cannot be deleted now is left to the sweep.
        await Task.Run(() =>
        {
            try
            {
                File.Delete(_temporary);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
            }
        }).ConfigureAwait(false);
    }

    private static FileStreamOptions Creation(FileOptions options)
    {
        var creation = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = options,
            BufferSize = 0,
        };
        // The umask can only take rights away from this, never add any.
        if (!OperatingSystem.IsWindows()) creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return creation;
    }

    private void Publish()
    {
        if (OperatingSystem.IsWindows())
        {
            if (File.Exists(_file)) throw new ObjectExistsException(_repository.Name, _key);
            File.Move(_temporary, _file, overwrite: false);
            return;
        }

        var outcome = FileSystemCalls.Outcome.NotSupported;
        if (_publishBy == PublishBy.Auto)
        {
            outcome = FileSystemCalls.Link(_temporary, _file);
            if (outcome == FileSystemCalls.Outcome.Done) File.Delete(_temporary);
        }

        if (outcome == FileSystemCalls.Outcome.NotSupported && _publishBy != PublishBy.Claim) outcome = FileSystemCalls.RenameNoReplace(_temporary, _file);
        if (outcome == FileSystemCalls.Outcome.NotSupported) outcome = RenameUnderClaim();
        if (outcome == FileSystemCalls.Outcome.Exists) throw new ObjectExistsException(_repository.Name, _key);
    }

    /// <summary>
    /// Who makes the claim file may look and rename; every writer of ours goes through it. A claim that a killed run left behind
    /// blocks this key until the sweep.
    /// </summary>
    private FileSystemCalls.Outcome RenameUnderClaim()
    {
        string id = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(_key)))[..32];
        string claim = Path.Join(Path.GetDirectoryName(_file), $"{RepositoryKey.TemporaryPrefix}claim-{id}");
        FileStream? held = null;
        for (int attempt = 0; held is null; attempt++)
        {
            try
            {
                held = CreateFile(claim, FileOptions.None);
            }
            catch (IOException e) when (e.HResult == FileSystemCalls.Eexist)
            {
                // Whoever holds it is about to publish, or was killed while doing so.
                if (File.Exists(_file) || attempt == ClaimAttempts) return FileSystemCalls.Outcome.Exists;
                Thread.Sleep(20);
            }
        }

        try
        {
            if (File.Exists(_file)) return FileSystemCalls.Outcome.Exists;
            File.Move(_temporary, _file, overwrite: true);
            return FileSystemCalls.Outcome.Done;
        }
        finally
        {
            held.Dispose();
            File.Delete(claim);
        }
    }
}
