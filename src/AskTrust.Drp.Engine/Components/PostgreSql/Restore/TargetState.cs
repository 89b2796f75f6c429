namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>What a restore would meet: read before anything is touched.</summary>
internal sealed record TargetState
{
    /// <summary>Database asked for.</summary>
    public required string Database { get; init; }

    /// <summary>True when it is there.</summary>
    public required bool Exists { get; init; }

    /// <summary>
    /// True when nothing in it was made by a user: no table, view, sequence, function, type, schema (beside <c>public</c>) and no large
    /// object, what extensions brought along not counted. A database that does not exist is empty.
    /// </summary>
    public required bool IsEmpty { get; init; }

    /// <summary>Size on the server in bytes.</summary>
    public long Size { get; init; }

    /// <summary>Tables.</summary>
    public int Tables { get; init; }

    /// <summary>Rows by the server's statistics: an estimate.</summary>
    public long ApproximateRows { get; init; }

    /// <summary>Sessions of others.</summary>
    public int Connections { get; init; }

    /// <summary>The server is a standby: nothing can be restored there.</summary>
    public bool InRecovery { get; init; }

    /// <summary>The connecting user.</summary>
    public required string User { get; init; }

    /// <summary>The user may make databases.</summary>
    public bool MayCreate { get; init; }

    /// <summary>The user may rename and drop this database: owner of it (or a member of the owning role), or superuser.</summary>
    public bool MayReplace { get; init; }

    /// <summary>How it was made; null when it does not exist.</summary>
    public DatabaseProperties? Properties { get; init; }
}

/// <summary>What is fixed when a database is made.</summary>
/// <param name="Encoding">Encoding.</param>
/// <param name="Collate"><c>LC_COLLATE</c>.</param>
/// <param name="Ctype"><c>LC_CTYPE</c>.</param>
/// <param name="Provider">Locale provider: <c>c</c>, <c>i</c> or <c>b</c>.</param>
/// <param name="Locale">Locale of ICU or builtin.</param>
/// <param name="Owner">Owner.</param>
/// <param name="Tablespace">Tablespace; null = the default one.</param>
internal sealed record DatabaseProperties(string Encoding, string Collate, string Ctype, string Provider, string? Locale, string Owner, string? Tablespace)
{
    /// <summary>As the manifest knows it.</summary>
    public static DatabaseProperties From(PostgreSqlFacts facts) =>
        new(facts.Encoding, facts.Collate, facts.Ctype, facts.LocaleProvider, facts.Locale, facts.Owner, null);
}
