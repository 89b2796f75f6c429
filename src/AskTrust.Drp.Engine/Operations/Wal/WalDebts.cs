using System.Text.Json;
using System.Text.Json.Serialization;
using AskTrust.Drp.Engine.Catalog.Wal;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>What a receiver still owes since its slot was given up or lost. It lies in a file beside the spool: one that was killed goes on with it.</summary>
internal sealed class WalDebts
{
    private readonly object _gate = new();
    private readonly string _path;
    private Owed _owed;

    private WalDebts(string path, Owed owed) => (_path, _owed) = (path, owed);

    /// <summary>The slot was given up by the plan's policy; whether WAL is lost by that is not known yet.</summary>
    public bool GivenUp
    {
        get => _owed.GivenUp;
        set => Change(o => o with { GivenUp = value });
    }

    /// <summary>Repositories to which a base backup is owed: the WAL received since follows on none.</summary>
    public IReadOnlyList<string> Bases => _owed.Bases;

    /// <summary>Reads it; nothing is owed where there is no file.</summary>
    public static WalDebts Of(WalComponent component, ulong system)
    {
        string path = PathOf(component, system);
        return new WalDebts(path, File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), WalDebtsJson.Default.Owed) ?? new Owed() : new Owed());
    }

    /// <summary>True when a base backup is owed, for whoever asks how a receiver stands.</summary>
    public static bool OwesBase(WalComponent component, ulong system) => Of(component, system).Bases.Count > 0;

    /// <summary>Nothing is owed any more for a server that is gone.</summary>
    public static void Forgive(WalComponent component, ulong system) => File.Delete(PathOf(component, system));

    /// <summary>The hole that a repository has not been told of yet; null when there is none.</summary>
    public (WalName First, string Cause)? HoleOf(string repository)
    {
        lock (_gate) return _owed.Holes.GetValueOrDefault(repository) is { } hole ? (WalName.Parse(hole.First), hole.Cause) : null;
    }

    /// <summary>A hole begins in a repository. One that it has not been told of yet began earlier.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="first">First segment that it lacks.</param>
    /// <param name="cause">Why.</param>
    /// <param name="withBase">A base backup is owed, too.</param>
    public void Owe(string repository, WalName first, string cause, bool withBase) => Change(o => o with
    {
        Holes = o.Holes.ContainsKey(repository) ? o.Holes : new(o.Holes, StringComparer.Ordinal) { [repository] = new OwedHole(first.Text, cause) },
        Bases = withBase ? [.. o.Bases.Union([repository], StringComparer.Ordinal)] : o.Bases,
    });

    /// <summary>A base backup is in these repositories.</summary>
    public void Based(IEnumerable<string> repositories) => Change(o => o with { Bases = [.. o.Bases.Except(repositories, StringComparer.Ordinal)] });

    /// <summary>The repository has the record of its hole.</summary>
    public void Told(string repository) =>
        Change(o => o with { Holes = new(o.Holes.Where(h => h.Key != repository), StringComparer.Ordinal) });

    private static string PathOf(WalComponent component, ulong system) => WalSpool.FolderOf(component.Spool, system) + ".debts";

    private void Change(Func<Owed, Owed> how)
    {
        lock (_gate)
        {
            Owed changed = how(_owed);
            if (changed == _owed) return;
            string temporary = _path + ".tmp";
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(changed, WalDebtsJson.Default.Owed));
            File.Move(temporary, _path, overwrite: true);
            _owed = changed;
        }
    }

    /// <summary>What is written.</summary>
    internal sealed record Owed
    {
        public bool GivenUp { get; init; }

        public IReadOnlyList<string> Bases { get; init; } = [];

        public Dictionary<string, OwedHole> Holes { get; init; } = new(StringComparer.Ordinal);
    }

    /// <summary>First segment that a repository lacks, and why.</summary>
    internal sealed record OwedHole(string First, string Cause);
}

/// <summary>How it becomes text.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WalDebts.Owed))]
internal sealed partial class WalDebtsJson : JsonSerializerContext;
