namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Through which a recovering server asks for files of the WAL and gets them. Its <c>restore_command</c> keeps three answers apart: here it is, there is none,
/// and nobody knows; after the last one the server stops.
/// </summary>
internal interface IWalExchange : IAsyncDisposable
{
    /// <summary>Folder of the server: socket, settings. A path as the server sees it.</summary>
    string Folder { get; }

    /// <summary>What <c>restore_command</c> is.</summary>
    string RestoreCommand { get; }

    /// <summary>File of this machine to fetch one into.</summary>
    string PlaceOf(string name);

    /// <summary>Those that the server waits for.</summary>
    IReadOnlyList<string> Asked();

    /// <summary>Those that it took since the last call.</summary>
    IReadOnlyList<string> Taken();

    /// <summary>Here it is: gives the file in <see cref="PlaceOf"/>.</summary>
    Task GiveAsync(string name, CancellationToken ct);

    /// <summary>There is none.</summary>
    Task RefuseAsync(string name, CancellationToken ct);

    /// <summary>Nobody knows: makes the server stop.</summary>
    Task FailAsync();
}
