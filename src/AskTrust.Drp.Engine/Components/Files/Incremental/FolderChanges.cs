using System.Buffers.Text;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>
/// What of a folder goes into its archive, and what the folder is afterwards. First <see cref="FeedAsync"/>: what is there is compared with the index of the last set, and what is
/// new or differs in any way is named to tar. Meanwhile <see cref="Took"/> hears what tar put into the archive. Then <see cref="WriteIndexAsync"/>: only what is in an archive
/// gets into the index, so what could not be read this time is tried again the next time. All lists are files in one order: memory does not grow with the folder.
/// </summary>
/// <param name="host">The outside world.</param>
/// <param name="plan">The component.</param>
/// <param name="folder">The folder.</param>
/// <param name="work">A private folder for the lists; its index stays there.</param>
/// <param name="previous">The index of the last set; null = everything is saved.</param>
/// <param name="place">Place of this archive in the chain; 0 = the full one.</param>
internal sealed class FolderChanges(HostContext host, FilesPlan plan, string folder, string work, string? previous, int place) : IDisposable
{
    /// <summary>File systems that count time in coarse steps, or by another machine's clock, may show a change with the time of the reading before it.</summary>
    private static readonly TimeSpan s_coarse = TimeSpan.FromSeconds(2);

    private readonly ZeroWriter _took = new(Path.Combine(work, "took"));

    /// <summary>Place of this archive in the chain.</summary>
    public int Place => place;

    /// <summary>The index of the folder as it is now; there after <see cref="WriteIndexAsync"/>.</summary>
    public string Index => Path.Combine(work, "index");

    /// <summary>What was there and is no more, or became something else; there after <see cref="WriteIndexAsync"/>.</summary>
    public string Gone => Path.Combine(work, "gone");

    /// <summary>Everything in the folder.</summary>
    public IndexTally Whole { get; } = new();

    /// <summary>How much of what was there is no more.</summary>
    public long Deleted { get; private set; }

    private string Draft => Path.Combine(work, "draft");

    /// <summary>Names to tar what is new or changed; the caller ends the list.</summary>
    public async Task FeedAsync(Stream names, TarMessages said, CancellationToken ct)
    {
        long newest = (host.Clock.GetUtcNow() - s_coarse).ToUnixTimeSeconds();
        var list = new BufferedStream(names, 64 * 1024);
        var scan = new FolderScan(host, plan, folder, work, said);
        await using var _ = scan.ConfigureAwait(false);
        using ZeroReader? old = previous is null ? null : Open(previous);
        using var draft = new ZeroWriter(Draft);
        bool more = old is not null && await old.MoveAsync(ct).ConfigureAwait(false);
        while (await scan.Lines.MoveAsync(ct).ConfigureAwait(false))
        {
            while (more && Order(old!, scan.Lines) < 0)
            {
                draft.Put("g"u8).Put(IndexEntry.Read(old!.Current.Span).Path).End();
                more = await old.MoveAsync(ct).ConfigureAwait(false);
            }

            bool known = more && Order(old!, scan.Lines) == 0;
            if (known && IsSame(old!, scan.Lines))
            {
                draft.Put("u"u8).Put(old!.Current.Span).End();
            }
            else
            {
                Change(draft, known ? IndexEntry.Read(old!.Current.Span).Type : (byte)'-', scan.Lines.Current.Span, newest);
                await list.WriteAsync(NameOf(scan.Lines.Current), ct).ConfigureAwait(false);
            }

            if (known) more = await old!.MoveAsync(ct).ConfigureAwait(false);
        }

        for (; more; more = await old!.MoveAsync(ct).ConfigureAwait(false)) draft.Put("g"u8).Put(IndexEntry.Read(old!.Current.Span).Path).End();
        await scan.EndAsync(ct).ConfigureAwait(false);
        await list.FlushAsync(ct).ConfigureAwait(false);
    }

    /// <summary>This entry is in the archive.</summary>
    public void Took(TarEntry entry) =>
        _took.Put([IndexEntry.KindOf(entry)]).Put(" "u8).Put(entry.Kind == TarKind.File ? entry.Size : 0).Put(" "u8).Put(TarNames.Trim(entry.Name)).End();

    /// <summary>After the archive: writes the index and the list of what is gone.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: the archive holds something else than what was asked for.</exception>
    public async Task WriteIndexAsync(CancellationToken ct)
    {
        _took.Dispose();
        using ZeroReader draft = new(Read(Draft)), took = new(Read(Path.Combine(work, "took")));
        using ZeroWriter index = new(Index), gone = new(Gone);
        index.Put(IndexEntry.Header).End();
        bool more = await took.MoveAsync(ct).ConfigureAwait(false);
        while (await draft.MoveAsync(ct).ConfigureAwait(false))
        {
            bool taken = more && draft.Current.Span[0] == (byte)'c' && IsOf(took, draft);
            Take(draft.Current.Span, taken ? took.Current.Span : default, index, gone);
            if (taken) more = await took.MoveAsync(ct).ConfigureAwait(false);
        }

        if (more) throw new DrpException(DrpError.Failed, Text.Of(FilesTexts.NotAskedFor, folder, TarNames.Show(took.Current.Span))) { Subject = folder };
    }

    /// <inheritdoc/>
    public void Dispose() => _took.Dispose();

    /// <summary>Opens an index and goes behind its first line.</summary>
    public static ZeroReader Open(string path) => Begin(new ZeroReader(Read(path)));

    /// <summary>Goes behind the first line of an index.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static ZeroReader Begin(ZeroReader index) => index.Move() && index.Current.Span.SequenceEqual(IndexEntry.Header) ? index : throw new InvalidDataException();

    private static FileStream Read(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);

    private void Take(ReadOnlySpan<byte> line, ReadOnlySpan<byte> taken, ZeroWriter index, ZeroWriter gone)
    {
        ReadOnlySpan<byte> rest = line[1..];
        switch (line[0])
        {
            case (byte)'u':
                IndexEntry same = IndexEntry.Read(rest);
                index.Put(rest).End();
                Whole.Add(same.Kind, same.Bytes);
                return;
            case (byte)'g':
                Remember(gone, rest);
                return;
        }

        byte was = rest[0];
        rest = rest[1..];
        byte type = IndexEntry.Word(ref rest)[0];
        ReadOnlySpan<byte> stamp = IndexEntry.Stamps(ref rest);
        // Of another kind than before, or not to be read this time: the old one must not come back.
        if (was != (byte)'-' && (taken.IsEmpty || was != type)) Remember(gone, rest);
        if (taken.IsEmpty) return;
        byte kind = IndexEntry.Word(ref taken)[0];
        ReadOnlySpan<byte> bytes = IndexEntry.Word(ref taken);
        if (!Utf8Parser.TryParse(bytes, out long size, out _)) throw new InvalidDataException();
        index.Put(place).Put(" "u8).Put([kind]).Put(" "u8).Put(bytes).Put(" "u8).Put(stamp).Put(" "u8).Put(rest).End();
        Whole.Add(kind, size);
    }

    private void Remember(ZeroWriter gone, ReadOnlySpan<byte> path)
    {
        gone.Put("./"u8).Put(path).End();
        Deleted++;
    }

    /// <summary>Changed, or new. One that was changed a moment ago gets a ctime that never fits: it may change once more without its time showing it.</summary>
    private static void Change(ZeroWriter draft, byte was, ReadOnlySpan<byte> line, long newest)
    {
        ReadOnlySpan<byte> rest = line, type = IndexEntry.Word(ref rest), size = IndexEntry.Word(ref rest), mtime = IndexEntry.Word(ref rest), ctime = IndexEntry.Word(ref rest);
        bool fresh = !Utf8Parser.TryParse(ctime, out long seconds, out int _) || seconds >= newest;
        draft.Put("c"u8).Put([was]).Put(type).Put(" "u8).Put(size).Put(" "u8).Put(mtime).Put(" "u8).Put(fresh ? "-"u8 : ctime).Put(" "u8).Put(rest).End();
    }

    private static int Order(ZeroReader old, ZeroReader now) => IndexEntry.Read(old.Current.Span).Path.SequenceCompareTo(PathOf(now.Current.Span));

    private static bool IsSame(ZeroReader old, ZeroReader now)
    {
        IndexEntry entry = IndexEntry.Read(old.Current.Span);
        ReadOnlySpan<byte> rest = now.Current.Span;
        return IndexEntry.Word(ref rest)[0] == entry.Type && IndexEntry.Stamps(ref rest).SequenceEqual(entry.Stamp);
    }

    private static bool IsOf(ZeroReader took, ZeroReader draft)
    {
        ReadOnlySpan<byte> taken = took.Current.Span;
        IndexEntry.Word(ref taken);
        IndexEntry.Word(ref taken);
        return taken.SequenceEqual(PathOf(draft.Current.Span));
    }

    private static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> line)
    {
        IndexEntry.Word(ref line);
        IndexEntry.Stamps(ref line);
        return line;
    }

    private static byte[] NameOf(ReadOnlyMemory<byte> line) => [.. "./"u8, .. PathOf(line.Span), 0];
}
