using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Where a cluster is extracted: a folder of this machine, or a volume that a side container sees. There it is put together, too, when it comes from several sets.</summary>
internal interface IBasePlace
{
    /// <summary>Takes the files of one data directory.</summary>
    IBaseReceiver Files();

    /// <summary>Makes an empty folder for what is not kept; disposing removes it.</summary>
    Task<IBaseWork> WorkAsync(CancellationToken ct);

    /// <summary>A server program there, as the server's user.</summary>
    Command Program(string program, params IReadOnlyList<string> arguments);

    /// <summary>Makes a folder that only the server's user can enter.</summary>
    Task FolderAsync(string path, CancellationToken ct);

    /// <summary>Writes a small file.</summary>
    Task TextAsync(string path, string text, CancellationToken ct);

    /// <summary>Moves the entries of a data directory one level up, out of a folder in it, the folder of the control file last: what was cut off cannot be started.</summary>
    /// <param name="folder">The folder, which goes.</param>
    /// <param name="ct">Cancels.</param>
    Task LiftAsync(string folder, CancellationToken ct);
}

/// <summary>A folder for what is not kept.</summary>
internal interface IBaseWork : IAsyncDisposable
{
    /// <summary>Full path, as the server's programs see it.</summary>
    string Path { get; }
}

/// <summary>Names that the server, its base backups and its checks leave out, for what stands in a data directory for a while.</summary>
internal static class PassingNames
{
    /// <summary>The sets of a chain, unpacked.</summary>
    public const string Chain = "pgsql_tmp.drp-chain";

    /// <summary>What they make together.</summary>
    public const string Combined = "pgsql_tmp.drp-combined";
}
