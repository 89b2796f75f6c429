namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Takes the files of a base, whose names were checked. The control file gets its name last: what was cut off cannot be started by mistake.</summary>
internal interface IBaseReceiver : IAsyncDisposable
{
    /// <summary>Name of the control file until everything is there.</summary>
    const string Waiting = ".drp-restoring";

    /// <summary>Makes a folder; one that is there is fine.</summary>
    Task FolderAsync(string path, UnixFileMode mode, CancellationToken ct);

    /// <summary>Takes a file.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="mode">Its permissions.</param>
    /// <param name="data">Its bytes; null = it is empty.</param>
    /// <param name="length">How many they are.</param>
    /// <param name="took">Told the bytes of each piece.</param>
    /// <param name="ct">Cancels.</param>
    Task FileAsync(string path, UnixFileMode mode, Stream? data, long length, Action<int> took, CancellationToken ct);

    /// <summary>Writes a small file, in place of one that may be there.</summary>
    Task TextAsync(string path, string text, CancellationToken ct);

    /// <summary>Makes a symbolic link.</summary>
    Task LinkAsync(string path, string target, CancellationToken ct);

    /// <summary>Everything is there: gives the control file its name.</summary>
    /// <param name="data">Data directory.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: there was none.</exception>
    Task CompleteAsync(string data, CancellationToken ct);
}
