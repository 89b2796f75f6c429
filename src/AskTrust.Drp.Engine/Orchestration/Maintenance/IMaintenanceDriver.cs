namespace AskTrust.Drp.Engine.Orchestration.Maintenance;

/// <summary>How one kind of proxy is brought to show the page, and back. Its own check always comes before a reload; when that fails, nothing has changed.</summary>
internal interface IMaintenanceDriver
{
    /// <summary>Where it runs, for messages.</summary>
    string Place { get; }

    /// <summary>What the proxy is given.</summary>
    /// <param name="page">The page.</param>
    string Render(string page);

    /// <summary>True when what we wrote stands as it should; null when that cannot be told from files.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: there is a file of that name that is not ours.</exception>
    bool? IsWritten(string page);

    /// <summary>Shows the page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="step">Told before each step; false = do not do it (a dry run).</param>
    /// <param name="ct">Cancels.</param>
    Task OnAsync(string page, Func<string, bool> step, CancellationToken ct);

    /// <summary>Shows the site again.</summary>
    Task OffAsync(Func<string, bool> step, CancellationToken ct);
}
