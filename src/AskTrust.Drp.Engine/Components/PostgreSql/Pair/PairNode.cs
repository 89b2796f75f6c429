using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Pair;

/// <summary>One server of a pair: what it says, when it answers, and what can be done with it.</summary>
internal sealed class PairNode : IAsyncDisposable
{
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private readonly HostContext _host;
    private readonly PostgreSqlPlan _connection;
    private IPostgreSqlServer? _server;

    private PairNode(PairNodePlan plan, PostgreSqlPlan component, HostContext host)
    {
        Plan = plan;
        _host = host;
        _connection = new PostgreSqlPlan { Name = plan.Name, Url = plan.Url, Password = plan.Password, ConnectTimeout = component.ConnectTimeout };
        Shell = new NodeShell(plan, host, component.Pair!.Patience);
    }

    /// <summary>Its section of the plan.</summary>
    public PairNodePlan Plan { get; }

    /// <summary>Name.</summary>
    public string Name => Plan.Name;

    /// <summary>Its machine.</summary>
    public NodeShell Shell { get; }

    /// <summary>What it said when it was last asked; null = it does not answer.</summary>
    public NodeState? State { get; private set; }

    /// <summary>Why it does not answer.</summary>
    public DrpException? Error { get; private set; }

    /// <summary>The server.</summary>
    public IPostgreSqlServer Server => _server ?? throw new InvalidOperationException("The server does not answer.");

    /// <summary>True when it takes writes.</summary>
    public bool IsPrimary => State is { IsStandby: false };

    /// <summary>Name of the slot through which it streams.</summary>
    public string Slot => $"drp_{Name.Replace('-', '_')}";

    /// <summary>A node that has not been asked yet.</summary>
    public static PairNode Of(PairNodePlan plan, PostgreSqlPlan component, HostContext host) => new(plan, component, host);

    /// <summary>Asks it. That it does not answer is an answer.</summary>
    public async Task AskAsync(CancellationToken ct)
    {
        await CloseAsync().ConfigureAwait(false);
        (State, Error) = (null, null);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_answer);
        try
        {
            _server = await PostgreSqlServers.ConnectAsync(_connection, _host, limit.Token).ConfigureAwait(false);
            State = await NodeState.ReadAsync(_server, limit.Token).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            Error = e;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Error = new DrpException(DrpError.Unreachable, Text.Of(PairTexts.Silent, Name, (int)s_answer.TotalSeconds)) { Subject = Name };
        }

        if (Error is not null) await CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Asks again until it is as wished.</summary>
    /// <returns>False when the patience ends first.</returns>
    public async Task<bool> UntilAsync(Func<NodeState, bool> done, TimeSpan patience, CancellationToken ct)
    {
        for (long start = _host.Clock.GetTimestamp(); ; await Task.Delay(s_look, _host.Clock, ct).ConfigureAwait(false))
        {
            try
            {
                if (_server is null) await AskAsync(ct).ConfigureAwait(false);
                else State = await NodeState.ReadAsync(_server, ct).ConfigureAwait(false);
                if (State is { } state && done(state)) return true;
            }
            catch (DrpException e) when (e.Code == DrpError.Unreachable)
            {
                Error = e;
            }

            if (_host.Clock.GetElapsedTime(start) > patience) return false;
        }
    }

    /// <summary>Promotes it, and waits until it is.</summary>
    public async Task PromoteAsync(TimeSpan patience, CancellationToken ct)
    {
        string sql = string.Create(CultureInfo.InvariantCulture, $"SELECT pg_catalog.pg_promote(true, {(int)Math.Ceiling(patience.TotalSeconds)})");
        if ((await Server.QueryAsync(Server.Database, sql, ct).ConfigureAwait(false))[0][0] != "t" || !await UntilAsync(s => !s.IsStandby, patience, ct).ConfigureAwait(false))
        {
            throw new DrpException(DrpError.Failed, Text.Of(PairTexts.NotPromoted, Name, (int)patience.TotalSeconds)) { Subject = Name, Hint = PairTexts.NotPromotedHint };
        }
    }

    /// <summary>Makes a physical slot that keeps WAL from now on; one that is there stays.</summary>
    /// <returns>True when it was made.</returns>
    public async Task<bool> MakeSlotAsync(string slot, CancellationToken ct)
    {
        string sql = $"SELECT pg_catalog.pg_create_physical_replication_slot(n, true) FROM (VALUES ({Sql.Literal(slot)}::name)) v(n) WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = n)";
        return (await Server.QueryAsync(Server.Database, sql, ct).ConfigureAwait(false)).Count > 0;
    }

    /// <summary>Removes physical slots that nobody uses.</summary>
    public Task DropSlotsAsync(IEnumerable<string> slots, CancellationToken ct) => Server.QueryAsync(Server.Database,
        $"SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots WHERE NOT active AND slot_type = 'physical' AND slot_name IN ({string.Join(", ", slots.Append("").Select(Sql.Literal))})", ct);

    /// <summary>Slots that hold WAL and that nobody uses.</summary>
    public async Task<IReadOnlyList<string>> IdleSlotsAsync(CancellationToken ct) =>
        [.. (await Server.QueryAsync(Server.Database, "SELECT slot_name FROM pg_catalog.pg_replication_slots WHERE NOT active AND NOT temporary ORDER BY 1", ct).ConfigureAwait(false)).Select(r => r[0]!)];

    /// <summary>True when somebody streams through a slot.</summary>
    public async Task<bool> IsStreamedAsync(string slot, CancellationToken ct) => (await Server.QueryAsync(Server.Database,
        $"SELECT FROM pg_catalog.pg_replication_slots s JOIN pg_catalog.pg_stat_replication a ON a.pid = s.active_pid WHERE s.slot_name = {Sql.Literal(slot)} AND a.state = 'streaming'", ct).ConfigureAwait(false)).Count > 0;

    /// <summary>Where its own line of timelines left each earlier one.</summary>
    public async Task<IReadOnlyDictionary<uint, Lsn>> HistoryAsync(CancellationToken ct)
    {
        Dictionary<uint, Lsn> forks = [];
        if (State!.Timeline == 1) return forks;
        string file = string.Create(CultureInfo.InvariantCulture, $"pg_wal/{State.Timeline:X8}.history");
        string text = (await Server.QueryAsync(Server.Database, $"SELECT pg_catalog.pg_read_file({Sql.Literal(file)})", ct).ConfigureAwait(false))[0][0]!;
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && uint.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint timeline) && Lsn.TryParse(words[1], out Lsn at)) forks[timeline] = at;
        }

        return forks;
    }

    /// <summary>Writes a checkpoint: makes what follows short, and shows the new timeline in the control file, which a rewind reads.</summary>
    public Task CheckpointAsync(CancellationToken ct) => Server.ExecuteAsync(Server.Database, "CHECKPOINT", ct);

    /// <summary>Makes it refuse writes, and ends who is there. No fence: a session may ask for writes again.</summary>
    public Task RefuseWritesAsync(CancellationToken ct) => Server.ExecuteAsync(Server.Database, """
        ALTER SYSTEM SET default_transaction_read_only TO on;
        SELECT pg_catalog.pg_reload_conf();
        SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
        """, ct);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => CloseAsync();

    private async ValueTask CloseAsync()
    {
        if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
        _server = null;
    }
}
