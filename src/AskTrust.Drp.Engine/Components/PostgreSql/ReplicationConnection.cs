using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AskTrust.Drp.Engine.Host;
using static AskTrust.Drp.Engine.Components.PostgreSql.LibPq;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>A connection in walsender mode, for the commands of the streaming replication protocol. One command at a time; no thread is blocked for longer than a moment, but for connecting.</summary>
internal sealed class ReplicationConnection : IAsyncDisposable
{
    /// <summary>First version whose answers we read.</summary>
    public const int Since = 15;

    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(100);
    private readonly Connection _connection;
    private readonly string _place;
    private readonly Socket _socket;
    private readonly List<ServerNotice> _notices = [];
    private GCHandle _self;
    private unsafe byte* _message;
    private int _length;

    private unsafe ReplicationConnection(Connection connection, string place)
    {
        (_connection, _place) = (connection, place);
        // Only to wait until there is something to read: libpq reads it.
        _socket = new Socket(new SafeSocketHandle(PQsocket(Handle), ownsHandle: false));
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        PQsetNoticeReceiver(Handle, &OnNotice, GCHandle.ToIntPtr(_self));
    }

    /// <summary>What the server noticed so far.</summary>
    public IReadOnlyList<ServerNotice> Notices => _notices;

    /// <summary>The message that <see cref="ReadCopyAsync"/> found; until its next call.</summary>
    public unsafe ReadOnlySpan<byte> Message => new(_message, _length);

    private nint Handle => _connection.DangerousGetHandle();

    /// <summary>Connects.</summary>
    /// <param name="settings">Where to, and as whom.</param>
    /// <param name="password">The password; null = none, or one that libpq finds by itself.</param>
    /// <param name="place">The server, for messages.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException">The server is not there or refuses.</exception>
    public static async Task<ReplicationConnection> OpenAsync(ConnectionSettings settings, Secret? password, string place, CancellationToken ct)
    {
        Task<Connection> opening = Task.Run(() => Connect(settings, password), CancellationToken.None);
        try
        {
            // Bounded by the time allowed for connecting; who cancels does not wait for that.
            Connection connection = await opening.WaitAsync(ct).ConfigureAwait(false);
            if (PQstatus(connection.DangerousGetHandle()) == ConnectionOk) return new ReplicationConnection(connection, place);
            string said = LastError(connection);
            connection.Dispose();
            throw PostgreSqlErrors.FromLibPq(said, place);
        }
        catch (OperationCanceledException)
        {
            _ = opening.ContinueWith(static done => done.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Sends a command.</summary>
    public unsafe void Send(string command)
    {
        fixed (byte* text = Zeroed(command))
        {
            if (PQsendQuery(Handle, text) == 0) throw Broken();
        }
    }

    /// <summary>Waits for the next part of the answer.</summary>
    /// <returns>Its kind and rows; null = the answer is complete.</returns>
    /// <exception cref="ServerRefusal">The server answered with an error.</exception>
    public async Task<ServerReply?> NextAsync(CancellationToken ct)
    {
        while (PQisBusy(Handle) != 0) await ReceiveAsync(ct).ConfigureAwait(false);
        return Read(PQgetResult(Handle));
    }

    /// <summary>Waits until the answer is complete.</summary>
    /// <exception cref="ServerRefusal">The server answered with an error.</exception>
    public async Task RestAsync(CancellationToken ct)
    {
        while (await NextAsync(ct).ConfigureAwait(false) is not null)
        {
        }
    }

    /// <summary>Waits for the next message of a copy from the server; it is in <see cref="Message"/> then.</summary>
    /// <returns>False at the end of the copy.</returns>
    public async ValueTask<bool> ReadCopyAsync(CancellationToken ct)
    {
        for (bool looked = false; ; looked = !looked)
        {
            switch (Take())
            {
                case > 0: return true;
                case -1: return false;
                case 0: break;
                default: throw Broken();
            }

            // libpq takes some 32 KiB at a time: first what has arrived, then wait.
            if (!looked) Consume();
            else await ReceiveAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the server a file, after a command that asks for one.</summary>
    public async Task GiveAsync(string file, CancellationToken ct)
    {
        byte[] buffer = new byte[64 * 1024];
        var input = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (input.ConfigureAwait(false))
        {
            int count;
            while ((count = await input.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0) Put(buffer.AsSpan(0, count));
        }

        PutEnd();
    }

    /// <summary>Closes the connection; a command under way ends with it.</summary>
    public ValueTask DisposeAsync()
    {
        FreeMessage();
        _socket.Dispose();
        _connection.Dispose();
        if (_self.IsAllocated) _self.Free();
        return ValueTask.CompletedTask;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void OnNotice(nint argument, nint result)
    {
        if (GCHandle.FromIntPtr(argument).Target is ReplicationConnection me) me._notices.Add(new ServerNotice(LibPq.Text(PQresultErrorField(result, Severity)), LibPq.Text(PQresultErrorField(result, Primary))));
    }

    private static unsafe Connection Connect(ConnectionSettings settings, Secret? password)
    {
        List<(string Keyword, string Value)> all = [.. settings.All.Where(s => s.Keyword is not ("dbname" or "options" or "client_encoding") && Keywords.Contains(s.Keyword)), ("dbname", "replication"), ("replication", "true"), ("client_encoding", "UTF8"),
            // A slot is held by a connection that has nothing else to do.
            ("options", $"{settings["options"]} -c idle_session_timeout=0".TrimStart()), ("fallback_application_name", "drp"), ("keepalives_idle", "60"), ("keepalives_interval", "10"), ("keepalives_count", "6")];
        if (password is not null) all.Add(("password", password.Reveal()));
        byte[][] texts = [.. all.Select(a => Zeroed(a.Keyword)), .. all.Select(a => Zeroed(a.Value))];
        GCHandle[] pinned = [.. texts.Select(t => GCHandle.Alloc(t, GCHandleType.Pinned))];
        try
        {
            nint[] keywords = [.. pinned.Take(all.Count).Select(p => p.AddrOfPinnedObject()), 0];
            nint[] values = [.. pinned.Skip(all.Count).Select(p => p.AddrOfPinnedObject()), 0];
            fixed (nint* keys = keywords)
            fixed (nint* given = values) return new Connection(PQconnectdbParams((byte**)keys, (byte**)given, 0));
        }
        finally
        {
            foreach (GCHandle pin in pinned) pin.Free();
            foreach (byte[] text in texts) CryptographicOperations.ZeroMemory(text);
        }
    }

    private static byte[] Zeroed(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    private static unsafe string LastError(Connection connection) => LibPq.Text(PQerrorMessage(connection.DangerousGetHandle()));

    private async ValueTask ReceiveAsync(CancellationToken ct)
    {
        // While a backup flows, the server sends 8 KiB every tenth of a millisecond: to wait for that on the spot is cheaper than two changes of the thread. A wait
        // by .NET's own engine would have it woken by each of them ever after.
        if (!_socket.Poll(s_moment, SelectMode.SelectRead)) await Task.Factory.StartNew(() => Wait(ct), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        Consume();
    }

    private void Wait(CancellationToken ct)
    {
        while (!_socket.Poll(s_beat, SelectMode.SelectRead)) ct.ThrowIfCancellationRequested();
    }

    private void Consume()
    {
        if (PQconsumeInput(Handle) == 0) throw Broken();
    }

    private unsafe int Take()
    {
        FreeMessage();
        byte* message = null;
        int length = PQgetCopyData(Handle, &message, 1);
        _message = message;
        _length = Math.Max(length, 0);
        return length;
    }

    private unsafe void FreeMessage()
    {
        if (_message != null) PQfreemem(_message);
        _message = null;
        _length = 0;
    }

    private unsafe void Put(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* from = bytes)
        {
            if (PQputCopyData(Handle, from, bytes.Length) < 0) throw Broken();
        }
    }

    private unsafe void PutEnd()
    {
        if (PQputCopyEnd(Handle, null) < 0) throw Broken();
    }

    private unsafe ServerReply? Read(nint result)
    {
        if (result == 0) return null;
        try
        {
            Status status = PQresultStatus(result);
            if (!Enum.IsDefined(status))
            {
                throw new ServerRefusal(LibPq.Text(PQresultErrorField(result, SqlState)), PostgreSqlErrors.FromLibPq(LibPq.Text(PQresultErrorMessage(result)), _place));
            }

            var rows = new string?[PQntuples(result)][];
            for (int row = 0; row < rows.Length; row++)
            {
                rows[row] = new string?[PQnfields(result)];
                for (int column = 0; column < rows[row].Length; column++) rows[row][column] = PQgetisnull(result, row, column) != 0 ? null : LibPq.Text(PQgetvalue(result, row, column));
            }

            return new ServerReply(status, rows);
        }
        finally
        {
            PQclear(result);
        }
    }

    private DrpException Broken() => PostgreSqlErrors.FromLibPq(LastError(_connection), _place);
}

/// <summary>One part of a server's answer.</summary>
/// <param name="Status">Its kind.</param>
/// <param name="Rows">Its rows, values as text.</param>
internal sealed record ServerReply(LibPq.Status Status, IReadOnlyList<string?[]> Rows);

/// <summary>What the server noticed beside its answer.</summary>
/// <param name="Severity"><c>WARNING</c>, <c>NOTICE</c> … in English whatever the server speaks.</param>
/// <param name="Message">Its text, in the server's language.</param>
internal sealed record ServerNotice(string Severity, string Message);

/// <summary>The server answered a command with an error.</summary>
internal sealed class ServerRefusal : DrpException
{
    /// <param name="state">Its SQLSTATE.</param>
    /// <param name="error">The error as users see it.</param>
    public ServerRefusal(string state, DrpException error)
        : base(error.Code, error.Message, error) => (State, Hint, Subject, IsTransient) = (state, error.Hint, error.Subject, error.IsTransient);

    /// <summary>SQLSTATE.</summary>
    public string State { get; }
}
