namespace AskTrust.Drp;

/// <summary>Folders with files: uploads, maildirs, static files.</summary>
public sealed record FilesPlan : ComponentPlan
{
    /// <inheritdoc/>
    public override string Type => "files";

    /// <summary>The folders, absolute; each becomes an archive of its own.</summary>
    public IReadOnlyList<string> Paths { get; init => field = Listed.Of(value); } = [];

    /// <summary>
    /// What is left out, as tar's patterns: <c>*.tmp</c> and <c>cache</c> at any depth, <c>/cache</c> only at the top. A folder that fits is left out with all it holds.
    /// </summary>
    public IReadOnlyList<string> Exclude { get; init => field = Listed.Of(value); } = [];

    /// <summary>Leaves out what is mounted below the folders. Default false.</summary>
    public bool OneFileSystem { get; init; }

    /// <summary>How often everything is saved; runs in between save what changed since the run before. Null = every run saves everything.</summary>
    public TimeSpan? Full { get; init; }
}
