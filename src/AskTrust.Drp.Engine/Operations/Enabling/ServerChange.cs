using AskTrust.Drp.Engine.Components.PostgreSql.Wal;

namespace AskTrust.Drp.Engine.Operations.Enabling;

/// <summary>One change of a server.</summary>
internal abstract record ServerChange
{
    /// <summary>What is done, for people.</summary>
    public abstract string Step { get; }
}

/// <summary>A setting gets another value.</summary>
/// <param name="Setting">As it is.</param>
/// <param name="Value">As it shall be.</param>
internal sealed record SettingChange(ServerSetting Setting, string Value) : ServerChange
{
    /// <inheritdoc/>
    public override string Step => ServerSettings.Statement(Setting.Name, Value);
}

/// <summary>Somebody may do more.</summary>
/// <param name="Sql">The statement.</param>
/// <param name="Undo">The statement that takes it back.</param>
internal sealed record GrantChange(string Sql, string Undo) : ServerChange
{
    /// <inheritdoc/>
    public override string Step => Sql;
}

/// <summary>A line for <c>pg_hba.conf</c>.</summary>
internal sealed record HbaChange(string Line) : ServerChange
{
    /// <inheritdoc/>
    public override string Step => $"pg_hba.conf + {Line}";
}

/// <summary>The slot is made.</summary>
internal sealed record SlotChange(string Slot) : ServerChange
{
    /// <inheritdoc/>
    public override string Step => $"SELECT pg_create_physical_replication_slot('{Slot}', true)";
}
