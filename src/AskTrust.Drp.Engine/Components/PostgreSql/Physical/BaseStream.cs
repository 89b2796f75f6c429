using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// A base backup in the server's own protocol (PostgreSQL 15 and newer; "Streaming Replication Protocol", <c>BASE_BACKUP</c>): every archive on one connection, so that
/// tablespaces need no room on the way, and compressed by the server where the plan allows it, which saves sending eight times the bytes through a socket.
/// </summary>
/// <param name="plan">The component.</param>
/// <param name="server">The server.</param>
/// <param name="before">The server's list of files of the backup that this one builds on; null = a full one.</param>
/// <param name="compression">How the archives are to be compressed.</param>
/// <param name="host">The outside world.</param>
internal sealed class BaseStream(PostgreSqlPlan plan, IPostgreSqlServer server, string? before, CompressionPlan compression, HostContext host)
    : BaseTaking(plan, server, before, host), IAsyncDisposable
{
    /// <summary>Stands for the file list among the names of archives.</summary>
    public const string List = "backup_manifest";

    private const int Piece = 256 * 1024;

    /// <summary>From this level on zstd takes up to 100 MiB for each worker: no server is made to without being asked.</summary>
    private const int LargeTables = 10;

    private const string Corrupted = "XX001";
    private const string NotSupported = "0A000";
    private readonly Dictionary<string, long> _sizes = new(StringComparer.Ordinal);
    private ReplicationConnection? _connection;
    private string? _archive;
    private long _before;

    /// <summary>True when the server compresses the archives (zstd); the file list never is.</summary>
    public bool IsCompressed { get; private set; } = compression.Kind == CompressionKind.Zstd && (plan.BaseBackup.ServerCompression ?? (server.IsHere && compression.Level < LargeTables));

    /// <summary>The tablespaces, in the order of their archives; the data directory follows.</summary>
    public IReadOnlyList<uint> Tablespaces { get; private set; } = [];

    /// <inheritdoc/>
    public override Task<string> VersionAsync(CancellationToken ct) => Task.FromResult(LibPq.Version);

    /// <summary>Tries whether the server lets such a connection in, which has lines of its own in <c>pg_hba.conf</c>.</summary>
    /// <exception cref="DrpException">It does not.</exception>
    public async Task TryAsync(CancellationToken ct)
    {
        try
        {
            ReplicationConnection connection = await Server.ReplicateAsync(ct).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            throw Explain(e);
        }
    }

    /// <summary>Plain bytes of an archive, as the server counts them: about once a second, and at its end.</summary>
    public long PlainSizeOf(string archive) => _sizes.GetValueOrDefault(archive);

    /// <summary>Asks for the backup; returns when the server begins to send.</summary>
    /// <exception cref="DrpException">The server is not there, or refuses.</exception>
    public async Task BeginAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await BeginOnceAsync(ct).ConfigureAwait(false);
                return;
            }
            catch (ServerRefusal e) when (IsCompressed && (e.State == NotSupported || e.Message.Contains("compress", StringComparison.OrdinalIgnoreCase)))
            {
                IsCompressed = false;
                Host.Say(DrpEventLevel.Verbose, Text.Of(PhysicalTexts.NotCompressedThere, Server.Description, e.Message));
            }
            catch (ServerRefusal e) when (IsIncremental)
            {
                SaveEverything(e);
            }
            catch (DrpException e)
            {
                throw Explain(e);
            }
        }
    }

    /// <summary>Copies the next archive, or the file list.</summary>
    /// <param name="archive">The server's name for it, without the suffix of its compression.</param>
    /// <param name="sink">Takes its bytes; not completed.</param>
    /// <param name="look">Looks at them as they pass; null = nobody.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException">Another one comes, or the connection breaks.</exception>
    public async Task ReadAsync(string archive, ISink sink, ProgramOutput.Feed? look, CancellationToken ct)
    {
        if (_archive != archive) throw Unexpected(archive);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        int fill = 0;
        try
        {
            while (await NextDataAsync(ct).ConfigureAwait(false) is > 0 and int left)
            {
                while (left > 0)
                {
                    int count = Math.Min(left, Piece - fill);
                    _connection!.Message[^left..][..count].CopyTo(buffer.AsSpan(fill));
                    (fill, left) = (fill + count, left - count);
                    if (fill < Piece) continue;
                    look?.Invoke(buffer.AsSpan(0, fill));
                    await sink.WriteAsync(buffer.AsMemory(0, fill), ct).ConfigureAwait(false);
                    fill = 0;
                }
            }

            look?.Invoke(buffer.AsSpan(0, fill));
            if (fill > 0) await sink.WriteAsync(buffer.AsMemory(0, fill), ct).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            throw Explain(e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>After the last byte: hears whether the server calls the backup complete. Damaged pages end it with an error although everything was sent: such a copy is better than none.</summary>
    public async Task EndAsync(CancellationToken ct)
    {
        if (_archive is not null) throw Unexpected("");
        ServerRefusal? refusal = null;
        try
        {
            await _connection!.RestAsync(ct).ConfigureAwait(false);
        }
        catch (ServerRefusal e)
        {
            refusal = e;
        }

        foreach (ServerNotice notice in _connection!.Notices) Hear(notice.Message, notice.Severity == "WARNING");
        if (refusal is null) return;
        if (refusal.State != Corrupted) throw Explain(refusal);
        // A server that speaks another language names the pages in its warnings.
        if (DamagedPages.Count == 0) Damaged(refusal.Message);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task BeginOnceAsync(CancellationToken ct)
    {
        await DisposeAsync().ConfigureAwait(false);
        _connection = await Server.ReplicateAsync(ct).ConfigureAwait(false);
        if (Before is not null)
        {
            _connection.Send("UPLOAD_MANIFEST");
            await _connection.NextAsync(ct).ConfigureAwait(false);
            await _connection.GiveAsync(Before, ct).ConfigureAwait(false);
            await _connection.RestAsync(ct).ConfigureAwait(false);
        }

        _connection.Send(Command());
        await _connection.NextAsync(ct).ConfigureAwait(false);
        ServerReply? spaces = await _connection.NextAsync(ct).ConfigureAwait(false), copy = await _connection.NextAsync(ct).ConfigureAwait(false);
        if (spaces is null || copy is not { Status: LibPq.Status.CopyOut }) throw Unexpected("base");
        Tablespaces = [.. spaces.Rows.Where(r => r[0] is not null).Select(r => uint.Parse(r[0]!, CultureInfo.InvariantCulture))];
        // The first message names the first archive.
        if (await NextDataAsync(ct).ConfigureAwait(false) != 0 || _archive is null) throw Unexpected("base");
    }

    // CRC32C: the whole stream has its SHA-256 in our own manifest. A second one of each file would be computed by production's server, and would make it the
    // slowest part by far (1.2 GB: 2.4 s in place of 0.8 s).
    private string Command()
    {
        int workers = compression.Threads > 0 ? compression.Threads : Math.Min(Environment.ProcessorCount, 4);
        string[] options =
        [
            "LABEL 'drp'", "WAL", "WAIT 0", "TABLESPACE_MAP", "MANIFEST 'yes'", "MANIFEST_CHECKSUMS 'CRC32C'", "TARGET 'client'",
            $"CHECKPOINT '{(Plan.BaseBackup.SpreadCheckpoint ? "spread" : "fast")}'",
            .. IsIncremental ? ["INCREMENTAL"] : Array.Empty<string>(),
            .. Plan.BaseBackup.MaxRate is { } rate ? [string.Create(CultureInfo.InvariantCulture, $"MAX_RATE {rate / 1024}")] : Array.Empty<string>(),
            .. IsCompressed ? ["COMPRESSION 'zstd'", string.Create(CultureInfo.InvariantCulture, $"COMPRESSION_DETAIL 'level={compression.Level},workers={workers}'")] : Array.Empty<string>(),
        ];
        return $"BASE_BACKUP ({string.Join(", ", options)})";
    }

    /// <summary>Waits for the next bytes of the current archive.</summary>
    /// <returns>How many there are at the end of the message; 0 = the archive has ended, and the next one, if any, has begun.</returns>
    private async ValueTask<int> NextDataAsync(CancellationToken ct)
    {
        while (await _connection!.ReadCopyAsync(ct).ConfigureAwait(false))
        {
            switch (_connection.Message[0])
            {
                case (byte)'d' when _connection.Message.Length > 1:
                    return _connection.Message.Length - 1;
                case (byte)'n':
                    _before += _archive is null ? 0 : PlainSizeOf(_archive);
                    _archive = NameIn(_connection.Message[1..]);
                    return 0;
                case (byte)'m':
                    _archive = List;
                    return 0;
                case (byte)'p' when _archive is not null and not List:
                    _sizes[_archive] = BinaryPrimitives.ReadInt64BigEndian(_connection.Message[1..]) - _before;
                    continue;
                default:
                    continue;
            }
        }

        string? last = _archive;
        _archive = null;
        // Nothing but the list is sent last: the answer that follows says why it ended before.
        if (last != List) await _connection!.RestAsync(ct).ConfigureAwait(false);
        return last == List ? 0 : throw Unexpected(List);
    }

    private static string NameIn(ReadOnlySpan<byte> message)
    {
        int end = message.IndexOf((byte)0);
        string name = Encoding.UTF8.GetString(end < 0 ? message : message[..end]);
        return name.EndsWith(".zst", StringComparison.Ordinal) ? name[..^4] : name;
    }

    private DrpException Unexpected(string wanted) =>
        new(DrpError.Failed, Text.Of(PhysicalTexts.BaseIncomplete, Server.Description, Text.Of(PhysicalTexts.UnexpectedArchive, wanted, _archive ?? "-"))) { Subject = Plan.Name, Hint = PhysicalTexts.BaseIncompleteHint };
}
