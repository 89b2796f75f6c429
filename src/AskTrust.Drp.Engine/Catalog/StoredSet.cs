using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>What a list shows of a set in one repository.</summary>
internal enum SetState
{
    /// <summary>Manifest good, every artifact there with its size.</summary>
    Complete,

    /// <summary>It was complete once: both manifests are bad, or an artifact is missing or has another size.</summary>
    Damaged,

    /// <summary>Written by a newer version, or the manifest could not be fetched: nothing is known, so nothing is done to it.</summary>
    Unreadable,

    /// <summary>No manifest: being written, or left by a run that was killed.</summary>
    Incomplete,
}

/// <summary>A set in one repository.</summary>
internal sealed record StoredSet
{
    /// <summary>Id.</summary>
    public required SetId Id { get; init; }

    /// <summary>Where.</summary>
    public required IRepository Repository { get; init; }

    /// <summary>State.</summary>
    public required SetState State { get; init; }

    /// <summary>What the manifest says; null when there is none to be read.</summary>
    public SetSummary? Summary { get; init; }

    /// <summary>The set's objects.</summary>
    public required IReadOnlyList<StoredObject> Objects { get; init; }

    /// <summary>What is wrong with it.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Its own bytes are all there, but not those of a set it builds on.</summary>
    public bool IsOrphan { get; init; }

    /// <summary>Stored bytes of all objects.</summary>
    public long Bytes => Objects.Sum(o => o.Size);

    /// <summary>When its newest object was written, by the store's clock.</summary>
    public DateTimeOffset Modified => Objects.Max(o => o.Modified);
}

/// <summary>One repository as listed.</summary>
internal sealed record RepositorySnapshot
{
    /// <summary>The repository.</summary>
    public required IRepository Repository { get; init; }

    /// <summary>Its sets, oldest first.</summary>
    public IReadOnlyList<StoredSet> Sets { get; init; } = [];

    /// <summary>Results remembered in it.</summary>
    public IReadOnlyList<Mark> Marks { get; init; } = [];

    /// <summary>Pins in it.</summary>
    public IReadOnlyList<Pin> Pins { get; init; } = [];

    /// <summary>Why it could not be listed; null when it could.</summary>
    public DrpException? Error { get; init; }
}
