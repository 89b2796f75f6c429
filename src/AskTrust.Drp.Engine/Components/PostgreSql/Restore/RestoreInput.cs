namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>One stream of plain bytes: already decrypted and decompressed. It may be opened more than once.</summary>
/// <param name="Name">For messages: file or artifact name.</param>
/// <param name="OpenAsync">Opens it from the start; the caller disposes the stream.</param>
/// <param name="Size">Plain bytes, when known: lets a parallel restore check the room for its temporary file first.</param>
internal sealed record PlainSource(string Name, Func<CancellationToken, Task<Stream>> OpenAsync, long? Size = null);

/// <summary>What is restored: one dump, perhaps with data in parallel parts and with what is known of the original.</summary>
/// <param name="Dump">The archive (custom or tar format) or SQL script; of a parallel set the main archive.</param>
internal sealed record RestoreInput(PlainSource Dump)
{
    /// <summary>Archives with the data of a set dumped in parallel parts (artifact role <c>data</c>); empty otherwise.</summary>
    public IReadOnlyList<PlainSource> Data { get; init; } = [];

    /// <summary>Facts of the manifest; null for a foreign dump.</summary>
    public PostgreSqlFacts? Facts { get; init; }
}

/// <summary>How a dump is restored into one database.</summary>
internal sealed record RestoreSettings
{
    /// <summary>Parallel jobs; 0 = number of cores, at most 8.</summary>
    public int Jobs { get; init; }

    /// <summary>All or nothing in one transaction: one job, and no error is tolerated.</summary>
    public bool SingleTransaction { get; init; }

    /// <summary>Everything into the default tablespace: for a throw-away server, which lacks the folders.</summary>
    public bool NoTablespaces { get; init; }

    /// <summary>Title of the progress bar; null = a text made of the database name.</summary>
    public string? Activity { get; init; }

    /// <summary>Jobs in numbers.</summary>
    public int EffectiveJobs => SingleTransaction ? 1 : Jobs > 0 ? Jobs : Math.Clamp(Environment.ProcessorCount, 1, 8);
}

/// <summary>What a restore into one database did.</summary>
/// <param name="Warnings">Tolerated errors and other things to look at; never empty of what was tolerated.</param>
/// <param name="Jobs">Jobs really used.</param>
/// <param name="Bytes">Plain bytes read.</param>
internal sealed record RestoreOutcome(IReadOnlyList<string> Warnings, int Jobs, long Bytes);
