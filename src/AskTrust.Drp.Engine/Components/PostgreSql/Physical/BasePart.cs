using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>One stream of a base backup: an archive of files, or the server's list of them.</summary>
internal abstract class BasePart(string name, string role, long? estimatedSize = null) : IArtifactSource
{
    /// <summary>Role of the archive of the data directory.</summary>
    public const string Base = "base";

    /// <summary>Role of the archive of a tablespace.</summary>
    public const string Tablespace = "tablespace";

    /// <summary>Role of the server's file list, when it is an artifact of its own.</summary>
    public const string FileList = "filelist";

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Role => role;

    /// <inheritdoc/>
    public int Group => 0;

    /// <inheritdoc/>
    public virtual long? EstimatedSize => estimatedSize;

    /// <inheritdoc/>
    public virtual bool IsCompressed => false;

    /// <inheritdoc/>
    public virtual long PlainSize => 0;

    /// <summary>Plain files seen.</summary>
    public virtual long Files => 0;

    /// <summary>True when the control file was seen.</summary>
    public virtual bool HasControlFile => false;

    /// <summary>What is wrong with it; null = nothing.</summary>
    public virtual string? Problem => null;

    /// <summary>The last bytes of the server's file list, as text; empty where it is not in this part.</summary>
    public virtual string FileListEnd => "";

    /// <inheritdoc/>
    public abstract Task WriteAsync(ISink plain, CancellationToken ct);
}

/// <summary>An archive that a program wrote: looked at as it passes.</summary>
internal abstract class ScannedPart(string name, string role, long? estimatedSize = null) : BasePart(name, role, estimatedSize)
{
    /// <summary>What was seen of the archive.</summary>
    public TarScanner Scanner { get; } = new();

    /// <inheritdoc/>
    public override long Files => Scanner.Files;

    /// <inheritdoc/>
    public override bool HasControlFile => Scanner.HasControlFile;

    /// <inheritdoc/>
    public override string? Problem => Scanner.Problem;

    /// <inheritdoc/>
    public override string FileListEnd => Scanner.FileListEnd;
}
