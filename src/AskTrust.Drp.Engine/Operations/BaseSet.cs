using System.Globalization;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>A component in a set of the kind base.</summary>
/// <param name="Id">The set.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Component">The component in it.</param>
internal sealed record BaseSet(SetId Id, SealedManifest Manifest, ComponentFacts Component)
{
    /// <summary>Facts of the base.</summary>
    public BaseBackupFacts Base => Component.PostgreSql!.Base!;

    /// <summary>Its artifacts, in the order to restore them.</summary>
    public IEnumerable<BackupArtifact> Artifacts => Manifest.Manifest.Artifacts.Where(a => a.Component == Component.Component);

    /// <summary>Its archives: of each tablespace, and of the data directory.</summary>
    public IEnumerable<BackupArtifact> Archives => Artifacts.Where(a => a.Role is "tablespace" or "base");

    /// <summary>The server's file list, where it is an artifact of its own.</summary>
    public BackupArtifact? FileList => Artifacts.FirstOrDefault(a => a.Role == BasePart.FileList);

    /// <summary>Plain bytes of its archives.</summary>
    public long PlainSize => Archives.Sum(a => a.PlainSize);

    /// <summary>Plain bytes of the archive of a tablespace; of null, of the data directory.</summary>
    public long SizeOf(uint? space) => Archives.Where(a => SpaceOf(a) == space).Sum(a => a.PlainSize);

    /// <summary>The number of the tablespace that an archive is of; null = the data directory.</summary>
    public uint? SpaceOf(BackupArtifact artifact) => artifact.Role == "base" ? null
        : Base.Tablespaces.Single(t => artifact.Name.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{Component.Component}.ts{t.Oid}.tar"), StringComparison.Ordinal)).Oid;
}
