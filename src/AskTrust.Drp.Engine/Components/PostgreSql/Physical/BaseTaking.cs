using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>A way to take a base backup, and what the server said meanwhile.</summary>
/// <param name="plan">The component.</param>
/// <param name="server">The server.</param>
/// <param name="before">The server's list of files of the backup that this one builds on; null = a full one.</param>
/// <param name="host">The outside world.</param>
internal abstract class BaseTaking(PostgreSqlPlan plan, IPostgreSqlServer server, string? before, HostContext host)
{
    private const string Damage = "checksum verification failed in file ";
    private readonly List<string> _damaged = [];
    private readonly List<string> _warnings = [];

    /// <summary>Pages whose checksum was wrong, as the server named them.</summary>
    public IReadOnlyList<string> DamagedPages => _damaged;

    /// <summary>Other warnings.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>True when only what changed is saved.</summary>
    public bool IsIncremental => Before is not null;

    /// <summary>The component.</summary>
    protected PostgreSqlPlan Plan => plan;

    /// <summary>The server.</summary>
    protected IPostgreSqlServer Server => server;

    /// <summary>The outside world.</summary>
    protected HostContext Host => host;

    /// <summary>The list of the backup before; null = everything is saved.</summary>
    protected string? Before { get; private set; } = before;

    /// <summary>What takes it, with its version.</summary>
    /// <exception cref="DrpException">It is not there.</exception>
    public abstract Task<string> VersionAsync(CancellationToken ct);

    /// <summary>Saves everything after all.</summary>
    /// <param name="why">Told as a warning.</param>
    public void SaveEverything(string why)
    {
        Before = null;
        _warnings.Add(why);
    }

    /// <summary>
    /// Whether it can say what changed, the server alone knows: its summaries of the WAL may be gone or begin too late, it may be another one, or on another timeline. Then
    /// it says so before it sends anything, and everything is saved.
    /// </summary>
    protected void SaveEverything(DrpException refusal) => SaveEverything(Text.Of(PhysicalTexts.IncrementalRefused, plan.Name, refusal.Message));

    /// <summary>Takes what the server warned of.</summary>
    /// <param name="message">Its words.</param>
    /// <param name="isWarning">True for a warning, not a mere remark.</param>
    protected void Hear(string message, bool isWarning)
    {
        host.Say(DrpEventLevel.Verbose, message);
        int at = message.IndexOf(Damage, StringComparison.Ordinal);
        if (at >= 0) _damaged.Add(message[(at + Damage.Length)..].Trim());
        else if (isWarning) _warnings.Add(message);
    }

    /// <summary>Takes a damage that the server named in other words.</summary>
    protected void Damaged(string message) => _damaged.Add(message);

    /// <summary>Adds what to do to errors of the server that everybody meets once.</summary>
    protected DrpException Explain(DrpException e) => e.Message.Contains("already been removed", StringComparison.Ordinal)
        ? new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.WalGone, server.Description), e) { Subject = server.Description, Hint = PhysicalTexts.WalGoneHint }
        : e.Message.Contains("no pg_hba.conf entry", StringComparison.Ordinal)
            ? new DrpException(e.Code, e.Message, e) { Subject = e.Subject, Hint = Text.Of(PhysicalTexts.NoReplicationHint, Sql.Identifier(server.User)) }
            // Only the server's answer is a wrapping; an error of the repositories keeps its own words.
            : e is ServerRefusal { InnerException: DrpException plain } ? plain : e;
}
