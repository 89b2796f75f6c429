using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Rclone;

/// <summary>
/// Any remote of the installed <c>rclone</c>. An upload goes to a temporary name, since rclone takes the end of its input for
/// the end of the object even when we were killed; only a finished one is moved to its place, and only if that is free.
/// Few stores behind rclone can create exclusively, so two writers at the same instant may both succeed: sets have names of their own.
/// </summary>
internal sealed class RcloneRepository : IRepository
{
    private const int ExitFolderMissing = 3;
    private const int ExitFileMissing = 4;
    private static readonly TimeSpan s_readPatience = TimeSpan.FromMinutes(3);
    private readonly RcloneRepositoryPlan _plan;
    private readonly HostContext _host;
    private readonly Secret? _configPassword;
    private readonly string _root;

    private RcloneRepository(RcloneRepositoryPlan plan, HostContext host, Secret? configPassword)
    {
        (_plan, _host, _configPassword) = (plan, host, configPassword);
        _root = plan.Remote.TrimEnd('/') is var trimmed && trimmed.EndsWith(':') ? trimmed : trimmed + "/";
    }

    /// <summary>Opens the repository of a plan; contacts nothing but secret stores.</summary>
    public static async Task<IRepository> OpenAsync(RcloneRepositoryPlan plan, HostContext host, CancellationToken ct)
    {
        Secret? password = plan.ConfigPassword is { } reference ? await host.Secrets.ResolveAsync(reference, ct).ConfigureAwait(false) : null;
        return new RcloneRepository(plan, host, password);
    }

    /// <inheritdoc/>
    public string Name => _plan.Name;

    /// <inheritdoc/>
    public string Location => $"rclone {_plan.Remote}";

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public async Task<ISink> CreateAsync(string key, long? expectedSize, CancellationToken ct)
    {
        if (await StatAsync(key, ct).ConfigureAwait(false) is not null) throw new ObjectExistsException(Name, key);
        string temporary = key[..(key.LastIndexOf('/') + 1)] + RepositoryKey.NewTemporaryName();
        return new RcloneSink(this, key, temporary, _host.Processes.Start(Rclone("rcat", ["--", At(temporary)])));
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string key, long offset, long? length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        // rclone cat of a folder gives the files in it one after the other, and of what is missing an empty output at first.
        StoredObject found = await StatAsync(key, ct).ConfigureAwait(false) ?? throw new ObjectMissingException(Name, key);
        long there = Math.Max(0, found.Size - offset);
        long expected = length ?? there;
        Stream bytes = Stream.Null;
        if (Math.Min(there, expected) > 0)
        {
            string[] range = ["--offset", Number(offset), "--count", Number(Math.Min(there, expected))];
            bytes = new RcloneReadStream(this, key, _host.Processes.Start(Rclone("cat", [.. range, "--", At(key)])));
        }

        return new ExactStream(bytes, expected, Name, key, s_readPatience, _ => null);
    }

    /// <inheritdoc/>
    public async Task<StoredObject?> StatAsync(string key, CancellationToken ct)
    {
        RepositoryKey.Check(key);
        return await StatRawAsync(key, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        RepositoryKey.CheckPrefix(prefix);
        List<StoredObject> found = await ReadAsync(prefix, key => RepositoryKey.IsLegal(key) && key.StartsWith(prefix, StringComparison.Ordinal), ct).ConfigureAwait(false);
        // rclone lists in whatever order the remote answers.
        foreach (StoredObject o in found.OrderBy(o => o.Key, StringComparer.Ordinal)) yield return o;
    }

    /// <inheritdoc/>
    public async Task<DeleteOutcome> DeleteAsync(string key, CancellationToken ct)
    {
        if (await StatAsync(key, ct).ConfigureAwait(false) is null) return DeleteOutcome.Deleted;
        ProcessResult result = await _host.Processes.RunAsync(Rclone("deletefile", ["--", At(key)]), ct).ConfigureAwait(false);
        if (result.Ok) return DeleteOutcome.Deleted;
        // Somebody else was faster.
        if (await StatAsync(key, ct).ConfigureAwait(false) is null) return DeleteOutcome.Deleted;
        if (RcloneErrors.IsRefusal(result.Errors)) return DeleteOutcome.Retained;
        throw Failure(result.ExitCode, result.Errors, RepositoryAction.Delete, key);
    }

    /// <inheritdoc/>
    public async Task<int> SweepAsync(string prefix, TimeSpan olderThan, CancellationToken ct)
    {
        RepositoryKey.CheckPrefix(prefix);
        DateTimeOffset before = _host.Clock.GetUtcNow() - olderThan;
        List<StoredObject> leftovers = await ReadAsync(prefix, key => new FolderEntry(key, IsFolder: false, 0, default).IsLeftoverOf(prefix), ct).ConfigureAwait(false);
        int swept = 0;
        foreach (StoredObject leftover in leftovers.Where(l => l.Modified <= before))
        {
            ProcessResult result = await _host.Processes.RunAsync(Rclone("deletefile", ["--", At(leftover.Key)]), ct).ConfigureAwait(false);
            if (!result.Ok && await StatRawAsync(leftover.Key, ct).ConfigureAwait(false) is not null)
                throw Failure(result.ExitCode, result.Errors, RepositoryAction.Delete, leftover.Key);
            swept++;
        }

        return swept;
    }

    /// <inheritdoc/>
    public async Task<long?> FreeSpaceAsync(CancellationToken ct)
    {
        ProcessResult result = await _host.Processes.RunAsync(Rclone("about", ["--json", "--", _plan.Remote]), ct).ConfigureAwait(false);
        // Many remotes cannot tell; whether this one can be used at all is the check's business.
        if (!result.Ok) return null;
        using JsonDocument about = JsonDocument.Parse(result.Output);
        return about.RootElement.TryGetProperty("free", out JsonElement free) && free.TryGetInt64(out long bytes) ? bytes : null;
    }

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken ct)
    {
        if (_plan.ReadOnly)
        {
            await MustAsync(RepositoryAction.Open, Location, List(), ct).ConfigureAwait(false);
            return;
        }

        string probe = At(RepositoryKey.NewTemporaryName());
        await MustAsync(RepositoryAction.Open, Location, Rclone("mkdir", ["--", _plan.Remote]), ct).ConfigureAwait(false);
        await MustAsync(RepositoryAction.Open, Location, Rclone("rcat", ["--", probe]), ct, "probe"u8.ToArray()).ConfigureAwait(false);
        await MustAsync(RepositoryAction.Open, Location, Rclone("deletefile", ["--", probe]), ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<bool> LookAsync(CancellationToken ct)
    {
        ProcessResult result = await _host.Processes.RunAsync(List(), ct).ConfigureAwait(false);
        // What a folder or a bucket that is not there yet is made by; stores without folders say the same of a new one.
        if (result.ExitCode == ExitFolderMissing && !_plan.ReadOnly) return false;
        return result.Ok ? true : throw Failure(result.ExitCode, result.Errors, RepositoryAction.Open, Location);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Our exception for a run that failed.</summary>
    internal DrpException Failure(int exitCode, string errors, RepositoryAction action, string subject)
        => RcloneErrors.Make(Name, subject, action, exitCode, _host.Redactor.Clean(errors));

    /// <summary>Moves a finished upload to its place, unless that is taken.</summary>
    /// <returns>False when it was taken.</returns>
    internal async Task<bool> MoveAsync(string temporary, string key, long size, CancellationToken ct)
    {
        await MustAsync(RepositoryAction.Write, key, Rclone("moveto", ["--ignore-existing", "--", At(temporary), At(key)]), ct).ConfigureAwait(false);
        if (await StatRawAsync(temporary, ct).ConfigureAwait(false) is not null) return false;
        StoredObject? moved = await StatRawAsync(key, ct).ConfigureAwait(false);
        if (moved?.Size == size) return true;
        throw RepositoryErrors.Make(DrpError.VerificationFailed, RepositoryAction.Write, Name, key, Text.Of(RepositoriesTexts.WrongSize, moved?.Size ?? 0, size));
    }

    /// <summary>Removes an unfinished upload, if there is one.</summary>
    internal Task DiscardAsync(string temporary, CancellationToken ct) => _host.Processes.RunAsync(Rclone("deletefile", ["--", At(temporary)]), ct);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private Command List() => Rclone("lsf", ["--max-depth", "1", "--", _plan.Remote]);

    private string At(string relative) => _root + relative;

    private Command Rclone(string verb, IReadOnlyList<string> arguments)
    {
        // Retries are ours; rclone's own would repeat what must not be repeated and say everything three times.
        List<string> all = [verb, "--ask-password=false", "--retries", "1", "--low-level-retries", "3", "--contimeout", "15s", "--timeout", "60s", "--log-level", "ERROR"];
        if (_plan.ConfigFile is { } file) all.AddRange(["--config", file]);
        all.AddRange(arguments);
        var command = new Command("rclone", [.. all]);
        return _configPassword is null
            ? command
            : command with { Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["RCLONE_CONFIG_PASS"] = _configPassword.Reveal() } };
    }

    private async Task MustAsync(RepositoryAction action, string subject, Command command, CancellationToken ct, ReadOnlyMemory<byte> input = default)
    {
        ProcessResult result = await _host.Processes.RunAsync(command, ct, input).ConfigureAwait(false);
        if (!result.Ok) throw Failure(result.ExitCode, result.Errors, action, subject);
    }

    private async Task<StoredObject?> StatRawAsync(string key, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ProcessResult result = await _host.Processes.RunAsync(Rclone("lsjson", ["--stat", "--no-mimetype", "--", At(key)]), ct).ConfigureAwait(false);
        if (result.ExitCode is ExitFolderMissing or ExitFileMissing && !RcloneErrors.IsNoBucket(result.Errors)) return null;
        if (!result.Ok) throw Failure(result.ExitCode, result.Errors, RepositoryAction.Read, key);
        RcloneItem? item = JsonSerializer.Deserialize<RcloneItem>(result.Output);
        return item is { IsDir: false } ? new StoredObject(key, item.Size, item.ModTime) : null;
    }

    private async Task<List<StoredObject>> ReadAsync(string prefix, Func<string, bool> wanted, CancellationToken ct)
    {
        string folder = prefix[..(prefix.LastIndexOf('/') + 1)];
        IRunningProcess process = _host.Processes.Start(Rclone("lsjson", ["--recursive", "--files-only", "--no-mimetype", "--", At(folder)]));
        await using (process.ConfigureAwait(false))
        {
            List<StoredObject> found = [];
            JsonException? garbled = null;
            try
            {
                // As it comes: a large repository need not fit into one text.
                await foreach (RcloneItem? item in JsonSerializer.DeserializeAsyncEnumerable<RcloneItem>(process.Output, cancellationToken: ct).ConfigureAwait(false))
                {
                    if (item is not null && wanted(folder + item.Path)) found.Add(new StoredObject(folder + item.Path, item.Size, item.ModTime));
                }
            }
            catch (JsonException e)
            {
                // What a listing that failed leaves behind; the exit code tells.
                garbled = e;
            }

            int code = await process.WaitAsync(ct).ConfigureAwait(false);
            if (code is ExitFolderMissing && !RcloneErrors.IsNoBucket(process.Errors)) return [];
            if (code != 0) throw Failure(code, process.Errors, RepositoryAction.List, prefix);
            // Asked for the folder s/2/, rclone also lists the file s/2, under the name 2.
            string own = folder.TrimEnd('/');
            if (found is [{ } only] && only.Key == folder + own[(own.LastIndexOf('/') + 1)..] && await StatRawAsync(own, ct).ConfigureAwait(false) is not null) return [];
            return garbled is null ? found : throw RepositoryErrors.Make(DrpError.Failed, RepositoryAction.List, Name, prefix, garbled.Message, garbled);
        }
    }

    private sealed record RcloneItem(string Path, long Size, DateTimeOffset ModTime, bool IsDir);
}
