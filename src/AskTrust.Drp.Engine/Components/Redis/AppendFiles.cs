using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Redis;

/// <summary>
/// The append-only files as they are at one moment. The server is asked to hold writes back (which it ends by itself after some seconds, whatever becomes of us); once nothing is in
/// its buffer, the files that the manifest names are opened and their lengths noted, and writes go on. An open file stays readable when a rewrite deletes it, and what is appended
/// later lies behind the length noted: so nothing has to be kept from being rewritten while it is copied.
/// </summary>
internal sealed class AppendFiles : IAsyncDisposable
{
    /// <summary>Role in the manifest.</summary>
    public const string Append = "aof";

    private const string Opened = "drp-open ";
    private const string Read = "exec <\"$1\" || exit 1; size=$(stat -L -c %s \"$1\") || exit 1; echo \"drp-open $size\" >&2; exec head -c \"$size\"";
    private const string Held = "5000";
    private const int Attempts = 3;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    private readonly List<OpenFile> _files = [];
    private readonly List<IArtifactSource> _artifacts = [];
    private readonly List<RedisAppendFile> _names = [];

    /// <summary>Their artifacts, the manifest of the files first.</summary>
    public IReadOnlyList<IArtifactSource> Artifacts => _artifacts;

    /// <summary>The same, for the manifest of the set.</summary>
    public IReadOnlyList<RedisAppendFile> Names => _names;

    /// <summary>Keys at that moment.</summary>
    public required IReadOnlyDictionary<string, RedisKeys> Keys { get; init; }

    /// <summary>The moment, by this machine's clock.</summary>
    public required DateTimeOffset Moment { get; init; }

    /// <summary>Opens them.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: the files cannot be seen from here, or the server's disk does not keep up.</exception>
    public static async Task<AppendFiles> OpenAsync(RedisClient client, RedisFacts facts, string component, HostContext host, CancellationToken ct)
    {
        if (!client.SeesFiles) throw new DrpException(DrpError.Failed, Text.Of(RedisTexts.FilesNotHere, client.Description)) { Subject = client.Description, Hint = RedisTexts.FilesNotHereHint };
        await client.AskAsync(ct, "CLIENT", "PAUSE", Held, "WRITE").ConfigureAwait(false);
        try
        {
            long began = host.Clock.GetTimestamp();
            while ((await client.InfoAsync("persistence", ct).ConfigureAwait(false)).GetValueOrDefault("aof_buffer_length", "0") != "0")
            {
                if (host.Clock.GetElapsedTime(began) > s_patience) throw new DrpException(DrpError.Failed, Text.Of(RedisTexts.BufferStays, client.Description)) { Subject = client.Description, IsTransient = true };
                await Task.Delay(s_look, host.Clock, ct).ConfigureAwait(false);
            }

            for (int attempt = 1; ; attempt++)
            {
                var files = new AppendFiles { Keys = await client.KeysAsync(ct).ConfigureAwait(false), Moment = host.Clock.GetUtcNow() };
                try
                {
                    // False: a rewrite ended in between, and there are other files now.
                    if (await files.OpenAllAsync(client, facts, component, host, ct).ConfigureAwait(false)) return files;
                }
                catch (DrpException) when (attempt < Attempts)
                {
                    // The same, noticed by a file that is gone.
                }
                catch
                {
                    await files.DisposeAsync().ConfigureAwait(false);
                    throw;
                }

                await files.DisposeAsync().ConfigureAwait(false);
                if (attempt == Attempts) throw new DrpException(DrpError.Failed, Text.Of(RedisTexts.FilesChange, client.Description)) { Subject = client.Description, IsTransient = true };
            }
        }
        finally
        {
            await client.AskAsync(CancellationToken.None, "CLIENT", "UNPAUSE").ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (OpenFile file in _files) await file.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<bool> OpenAllAsync(RedisClient client, RedisFacts facts, string component, HostContext host, CancellationToken ct)
    {
        string folder = facts.AppendDirectory is { } name ? $"{facts.Directory}/{name}" : facts.Directory;
        string? list = facts.AppendDirectory is null ? null : $"{folder}/{facts.AppendFile}.manifest";
        string text = list is null ? "" : await CatAsync(client, host, list, ct).ConfigureAwait(false);
        string[] names = list is null ? [facts.AppendFile] : [.. FilesIn(text)];
        if (list is not null) Add($"{component}.aof.manifest", $"{facts.AppendFile}.manifest", n => new BytesArtifact(n, Append, Encoding.UTF8.GetBytes(text)));
        for (int i = 0; i < names.Length; i++)
        {
            OpenFile file = await OpenFile.OpenAsync(client, host, $"{folder}/{names[i]}", string.Create(CultureInfo.InvariantCulture, $"{component}.aof.{i + 1}"), ct).ConfigureAwait(false);
            _files.Add(file);
            Add(file.Name, names[i], _ => file);
        }

        return list is null || await CatAsync(client, host, list, ct).ConfigureAwait(false) == text;
    }

    private void Add(string artifact, string file, Func<string, IArtifactSource> make)
    {
        _artifacts.Add(make(artifact));
        _names.Add(new RedisAppendFile(artifact, file));
    }

    /// <summary>The files that a manifest names; those of type h are leftovers of a rewrite, about to be deleted.</summary>
    private static IEnumerable<string> FilesIn(string manifest) =>
        from line in manifest.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        let words = line.Trim().Split(' ')
        where words.Length >= 6 && words[0] == "file" && !(words[4] == "type" && words[5] == "h") && !words[1].Contains('/', StringComparison.Ordinal)
        select words[1];

    private static async Task<string> CatAsync(RedisClient client, HostContext host, string path, CancellationToken ct)
    {
        ProcessResult result = await host.Processes.RunAsync(client.Target.Wrap(new Command("cat", path)), ct).ConfigureAwait(false);
        return result.Ok ? result.Text : throw CannotRead(client, path, result.Errors);
    }

    private static DrpException CannotRead(RedisClient client, string path, string errors) =>
        new(DrpError.Failed, Text.Of(RedisTexts.CannotReadFile, path, client.Target.Description, errors.Trim())) { Subject = path, Hint = RedisTexts.CannotReadFileHint };

    /// <summary>One file, open, with the length it had.</summary>
    private sealed class OpenFile(string name, string path, RedisClient client, IRunningProcess process, long length) : IArtifactSource, IAsyncDisposable
    {
        private const int Piece = 256 * 1024;

        public string Name => name;

        public string Role => Append;

        public int Group => 0;

        public long? EstimatedSize => length;

        public static async Task<OpenFile> OpenAsync(RedisClient client, HostContext host, string path, string name, CancellationToken ct)
        {
            var opened = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            IRunningProcess process = host.Processes.Start(client.Target.Wrap(new Command("sh", "-c", Read, "sh", path)));
            try
            {
                process.OnErrorLine = line =>
                {
                    if (line.StartsWith(Opened, StringComparison.Ordinal) && long.TryParse(line.AsSpan(Opened.Length), CultureInfo.InvariantCulture, out long size)) opened.TrySetResult(size);
                };
                process.Input.Close();
                if (await Task.WhenAny(opened.Task, process.WaitAsync(ct)).ConfigureAwait(false) != opened.Task && !opened.Task.IsCompleted)
                {
                    ct.ThrowIfCancellationRequested();
                    // A small file may have been read and the program ended before its word arrived here: its errors tell which it was.
                    if (process.Errors.IndexOf(Opened, StringComparison.Ordinal) < 0) throw CannotRead(client, path, process.Errors);
                }

                return new OpenFile(name, path, client, process, await opened.Task.WaitAsync(s_patience, host.Clock, ct).ConfigureAwait(false));
            }
            catch
            {
                await process.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        public async Task WriteAsync(ISink plain, CancellationToken ct)
        {
            byte[] buffer = new byte[Piece];
            long left = length;
            int count;
            while ((count = await process.Output.ReadPieceAsync(buffer, Piece, ct).ConfigureAwait(false)) > 0)
            {
                await plain.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
                left -= count;
            }

            int code = await process.WaitAsync(ct).ConfigureAwait(false);
            if (code != 0 || left != 0) throw CannotRead(client, path, process.Errors);
        }

        public ValueTask DisposeAsync() => process.DisposeAsync();
    }
}
