using AskTrust.Drp.Engine.Components.Files.Incremental;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>
/// Stands between an archive and tar: nothing that could write outside the folder gets through, whatever tar itself would make of it. Symbolic links come back as they
/// were, but nothing is ever written through one, and there may not be more of them that lead outside than the backup counted.
/// </summary>
/// <param name="facts">What the manifest says of the archive.</param>
/// <param name="include">What is meant.</param>
/// <param name="part">Which entries of this archive are meant when it is one of a chain; null = it stands alone.</param>
internal sealed class UnpackGuard(FolderFacts facts, IncludeRules include, WantedPart? part = null) : TarFilter
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>Digests of the names of symbolic links: eight bytes each, however long the names.</summary>
    private readonly HashSet<ulong> _links = [];

    /// <summary>Everything in the archive.</summary>
    public TarTally Seen { get; } = new();

    /// <summary>What goes on to tar.</summary>
    public TarTally Kept { get; } = new();

    /// <summary>The archive ended: it must be whole and hold what the manifest says.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>.</exception>
    public void RequireWhole()
    {
        string? wrong = Problem
            ?? (facts.Entries < 0 ? null
                : Seen.Entries != facts.Entries ? Text.Of(FilesTexts.OtherCount, facts.Entries, Seen.Entries)
                : Seen.Bytes != facts.Bytes ? Text.Of(FilesTexts.OtherBytes, facts.Bytes, Seen.Bytes)
                : part?.Lacking is { } lacking ? Text.Of(FilesTexts.NotInArchive, lacking) : null);
        if (wrong is not null) throw new DrpException(DrpError.VerificationFailed, Text.Of(FilesTexts.BadArchive, facts.Archive, wrong)) { Subject = facts.Archive };
    }

    /// <inheritdoc/>
    protected override bool PassesEnd => part?.IsLast ?? true;

    /// <inheritdoc/>
    protected override bool Keep(TarEntry entry)
    {
        ReadOnlySpan<byte> name = TarNames.Trim(entry.Name);
        if (entry.Name[0] == '/' || !TarNames.StaysInside(name)) throw Refuse(entry, FilesTexts.NameOutside);
        if (entry.Kind is TarKind.Device or TarKind.Other) throw Refuse(entry, FilesTexts.NoSuchThing);
        ulong digest = Digest(name, entry);
        if (entry.Kind != TarKind.SymbolicLink && IsLink(digest)) throw Refuse(entry, FilesTexts.ThroughLink);
        Seen.Add(entry);
        if (Seen.LinksOutside > facts.LinksOutside) throw Refuse(entry, Text.Of(FilesTexts.LinkOutside, TarNames.Show(entry.Target)));
        bool kept = part is null ? include.Fit(entry.Name) : part.Take(name);
        if (entry.Kind == TarKind.SymbolicLink)
        {
            _links.Add(digest);
            if (kept) part?.Links.Add(digest);
        }
        if (entry.Kind == TarKind.HardLink) CheckHardLink(entry, digest, kept);
        if (kept) Kept.Add(entry);
        return kept;
    }

    private void CheckHardLink(TarEntry entry, ulong digest, bool kept)
    {
        ReadOnlySpan<byte> target = TarNames.Trim(entry.Target);
        if (entry.Target.Length == 0 || entry.Target[0] == '/' || target.IsEmpty || !TarNames.StaysInside(target)) throw Refuse(entry, Text.Of(FilesTexts.LinkOutside, TarNames.Show(entry.Target)));
        // Another name of a symbolic link is one, too.
        if (_links.Contains(Digest(target, entry))) _links.Add(digest);
        if (kept && !include.Fit(entry.Target))
        {
            throw new DrpException(DrpError.PlanInvalid, Text.Of(FilesTexts.LinkAlone, entry.Shown, TarNames.Show(target))) { Subject = entry.Shown, Hint = FilesTexts.LinkAloneHint };
        }
    }

    /// <summary>Digest of a name; on the way there no part of it may be a symbolic link.</summary>
    private ulong Digest(ReadOnlySpan<byte> name, TarEntry entry)
    {
        ulong digest = Offset;
        foreach (byte b in name)
        {
            if (b == '/' && IsLink(digest)) throw Refuse(entry, FilesTexts.ThroughLink);
            digest = (digest ^ b) * Prime;
        }

        return digest;
    }

    private bool IsLink(ulong digest) => _links.Contains(digest) || (part?.Links.Contains(digest) ?? false);

    private DrpException Refuse(TarEntry entry, string why) =>
        new(DrpError.VerificationFailed, Text.Of(FilesTexts.HostileEntry, facts.Archive, entry.Shown, why)) { Subject = entry.Shown, Hint = FilesTexts.HostileEntryHint };
}
