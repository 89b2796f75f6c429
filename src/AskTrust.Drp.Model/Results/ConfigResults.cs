namespace AskTrust.Drp;

/// <summary>A file of configuration written without its values.</summary>
public sealed record MaskedFile
{
    /// <summary>The plan.</summary>
    public required string Plan { get; init; }

    /// <summary>Component of the plan.</summary>
    public required string Component { get; init; }

    /// <summary>The file itself.</summary>
    public required string Source { get; init; }

    /// <summary>The masked file; null when nothing was written (a dry run, or a file that cannot be read).</summary>
    public string? File { get; init; }

    /// <summary>What it was read as: <c>env</c>, <c>yaml</c>, <c>json</c>, <c>ini</c>, <c>directives</c> (Nginx, Caddy, tables), <c>other</c> (only its size is told).</summary>
    public required string Format { get; init; }

    /// <summary>How many values were masked.</summary>
    public int Values { get; init; }

    /// <summary>Why it could not be read; null = it could.</summary>
    public string? Problem { get; init; }
}
