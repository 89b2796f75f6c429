using System.Globalization;
using AskTrust.Drp.Engine.Catalog.Wal;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>
/// The folder in which segments of one server wait for a recovery: whole ones under their own names, so that <c>restore_command</c> can take them with a mere
/// <c>mv</c>. A feeder fills it; who misses a segment tells it where the recovery is.
/// </summary>
internal sealed class WalAhead
{
    /// <summary>Beginning of the name of an empty file that tells that a segment is being fetched.</summary>
    public const string Mark = "coming-";

    private WalAhead(string folder) => Folder = folder;

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Segments that wait, in order.</summary>
    public IReadOnlyList<WalName> Ready =>
        [.. Directory.EnumerateFiles(Folder).Select(f => WalName.TryParse(Path.GetFileName(f))).OfType<WalName>().Where(n => n.Kind == WalKind.Segment).OrderBy(n => n.Text, StringComparer.Ordinal)];

    /// <summary>The segment from which on the recovery wants more; null = nobody has asked.</summary>
    public WalName? Wanted => File.Exists(WantFile) ? WalName.TryParse(File.ReadAllText(WantFile)) : null;

    /// <summary>True while a feeder lives.</summary>
    public bool IsFed
    {
        get
        {
            using FileStream? own = TryLock();
            return own is null;
        }
    }

    private string WantFile => Path.Combine(Folder, "want");

    /// <summary>Makes the folder; null when this user has no state directory: then nothing is fetched ahead.</summary>
    public static WalAhead? Open(OperationContext context, ulong system)
    {
        try
        {
            string folder = PathOf(context, system);
            Directory.CreateDirectory(folder);
            return new WalAhead(folder);
        }
        catch (Exception e) when (e is DrpException or IOException or UnauthorizedAccessException)
        {
            context.Host.Say(DrpEventLevel.Verbose, e.Message);
            return null;
        }
    }

    /// <summary>Where it is; the system identifier is part of it, so that a segment of another server is never taken.</summary>
    public static string PathOf(OperationContext context, ulong system) =>
        Path.Combine(context.Host.Temp.StateFolder("wal-ahead"), string.Create(CultureInfo.InvariantCulture, $"{context.Plan.Name}-{system}"));

    /// <summary>Path of a segment that waits.</summary>
    public string PathOfReady(WalName name) => Path.Combine(Folder, name.Text);

    /// <summary>True while the feeder fetches the segment.</summary>
    public bool IsComing(WalName name) => File.Exists(Coming(name));

    /// <summary>The feeder begins, or has done with, a segment.</summary>
    public void SetComing(WalName name, bool coming)
    {
        if (coming) File.WriteAllBytes(Coming(name), []);
        else File.Delete(Coming(name));
    }

    /// <summary>Takes a segment that waits.</summary>
    public bool Take(WalName name, string destination)
    {
        try
        {
            File.Move(PathOfReady(name), destination, overwrite: true);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Tells the feeder where the recovery is.</summary>
    public void Ask(WalName next)
    {
        string temporary = $"{WantFile}.{Guid.NewGuid():N}";
        File.WriteAllText(temporary, next.Text);
        File.Move(temporary, WantFile, overwrite: true);
    }

    /// <summary>The feeder's lock; null when another one has it.</summary>
    public FileStream? TryLock()
    {
        try
        {
            return new FileStream(Path.Combine(Folder, "feeder.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Recovery goes forward: removes what lies before, and what another timeline left.</summary>
    /// <param name="from">First segment that may be wanted; null = none.</param>
    public void Forget(WalName? from)
    {
        foreach (string file in Directory.EnumerateFiles(Folder, "????????????????????????*"))
        {
            string name = Path.GetFileName(file);
            // Whoever fetches it takes its mark away.
            if (name.StartsWith(Mark, StringComparison.Ordinal)) continue;
            if (from is null || WalName.TryParse(name) is not { } ahead || ahead.Timeline != from.Timeline || string.CompareOrdinal(name, from.Text) < 0) File.Delete(file);
        }
    }

    private string Coming(WalName name) => Path.Combine(Folder, Mark + name.Text);
}
