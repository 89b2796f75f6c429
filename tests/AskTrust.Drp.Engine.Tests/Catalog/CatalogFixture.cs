using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;
using AskTrust.Drp.Engine.Tests.Fakes;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Engine.Tests.Catalog;

/// <summary>A catalog over given repositories, with a state directory and a clock of its own.</summary>
internal sealed class CatalogFixture : IDisposable, IDrpObserver
{
    private readonly TestFolder _state = new("catalog");

    public CatalogFixture(params IRepository[] repositories)
    {
        Host = new HostContext
        {
            Processes = null!,
            Secrets = null!,
            Redactor = new Redactor(),
            Clock = Clock,
            Temp = new TempSpace(_state.Path, Clock),
            Observer = this,
        };
        Context = new CatalogContext { PlanPath = "/plans/shop/drp.yaml", Keys = new Keys("shop"), Repositories = repositories, Host = Host, Tool = "AskTrust.Drp test" };
    }

    public ManualClock Clock { get; } = new();

    public HostContext Host { get; }

    public CatalogContext Context { get; set; }

    public string State => _state.Path;

    /// <summary>What was said, warnings only.</summary>
    public List<string> Warnings { get; } = [];

    public void On(DrpEvent happening)
    {
        if (happening is DrpMessage { Level: DrpEventLevel.Warning } m) Warnings.Add(m.Text);
    }

    public void Dispose() => _state.Dispose();

    public static byte[] Bytes(string id, string name) => Encoding.UTF8.GetBytes($"{id}/{name}/" + new string('x', 100));

    public static SetId Id(string text) => SetId.TryParse(text, out SetId id) ? id : throw new ArgumentException(text);

    /// <summary>A manifest with one small artifact for each component and its roles.</summary>
    public static Manifest NewManifest(SetId id, string? job = "nightly", bool pinned = false, params string[] components)
    {
        string[] names = components.Length == 0 ? ["db"] : components;
        BackupArtifact[] artifacts = [.. names.SelectMany(c => new[] { Artifact(id, c, "dump"), Artifact(id, c, "globals") })];
        return new Manifest
        {
            Id = id.ToString(),
            Kind = id.Kind,
            Plan = "shop",
            Started = id.Time,
            Ended = id.Time.AddSeconds(12),
            Seconds = 12.5,
            Size = artifacts.Sum(a => a.Size),
            PlainSize = artifacts.Sum(a => a.PlainSize),
            Encrypted = true,
            Job = job,
            Pinned = pinned,
            Host = "h1",
            Os = "Linux",
            User = "drp",
            Tool = "AskTrust.Drp 0.1.0",
            Encryption = new("openpgp", [new string('A', 40)], Symmetric: false),
            Components = [.. names.Select(c => new ComponentFacts { Component = c, Type = "postgresql", Source = "localhost/shop" })],
            Artifacts = artifacts,
        };
    }

    /// <summary>Writes a whole set, the way a backup does.</summary>
    public async Task<IReadOnlyList<RepositoryOutcome>> AddAsync(string set, string? job = "nightly", bool pinned = false, IReadOnlyList<IRepository>? to = null, params string[] components)
    {
        SetId id = Id(set);
        Manifest manifest = NewManifest(id, job, pinned, components);
        SetWriter writer = new(Context, id, to ?? Context.Repositories);
        foreach (BackupArtifact a in manifest.Artifacts)
        {
            foreach (IRepository repository in writer.Alive)
            {
                try
                {
                    await using ISink sink = await writer.CreateAsync(repository, a.Name, a.Size, default);
                    await sink.WriteAsync(Bytes(set, a.Name), default);
                    await sink.CompleteAsync(default);
                }
                catch (DrpException e)
                {
                    writer.Drop(repository, e);
                }
            }
        }

        IReadOnlyList<RepositoryOutcome> outcomes = await writer.SealAsync(SealedManifest.Seal(manifest), null, "# How to restore\n", default);
        await writer.DiscardAsync(default);
        return outcomes;
    }

    public async Task<List<BackupSet>> ListAsync(BackupFilter? filter = null)
    {
        List<BackupSet> sets = [];
        await foreach (BackupSet set in new CatalogReader(Context).ListAsync(filter ?? new(), default)) sets.Add(set);
        return sets;
    }

    private static BackupArtifact Artifact(SetId id, string component, string role)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{component}.{role}.zst.gpg");
        byte[] bytes = Bytes(id.ToString(), name);
        return new()
        {
            Name = name,
            Component = component,
            Role = role,
            Size = bytes.Length,
            PlainSize = bytes.Length * 3,
            Sha256 = SelfDigest.Of(bytes),
            PlainSha256 = SelfDigest.Of(Encoding.UTF8.GetBytes("plain of " + name)),
            Compression = CompressionKind.Zstd,
            Encrypted = true,
        };
    }
}
