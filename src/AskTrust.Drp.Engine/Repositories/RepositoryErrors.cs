using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories;

/// <summary>What a driver was doing when it failed.</summary>
internal enum RepositoryAction
{
    /// <summary>Reading an object, or about one.</summary>
    Read,

    /// <summary>Writing an object.</summary>
    Write,

    /// <summary>Listing.</summary>
    List,

    /// <summary>Deleting, sweeping.</summary>
    Delete,

    /// <summary>Opening or checking the repository.</summary>
    Open,
}

/// <summary>Makes the exceptions of the drivers, so that all of them speak alike.</summary>
internal static class RepositoryErrors
{
    /// <summary>A failure with its reason.</summary>
    public static DrpException Make(
        DrpError code, RepositoryAction action, string repository, string subject, string reason, Exception? cause = null, string? hint = null, bool transient = false)
        => new(code, Text.Of(Of(action), repository, subject, reason.TrimEnd('.', '\n', ' ')), cause) { Hint = hint, Subject = repository, IsTransient = transient };

    /// <summary>The store is full, or a quota is used up.</summary>
    public static DrpException NoSpace(string repository, string subject, Exception? cause)
        => new(DrpError.NotEnoughSpace, Text.Of(RepositoriesTexts.NoSpace, repository, subject), cause) { Hint = RepositoriesTexts.NoSpaceHint, Subject = repository };

    /// <summary>Nothing came for too long.</summary>
    public static DrpException Stalled(RepositoryAction action, string repository, string subject, TimeSpan limit, Exception? cause = null)
        => Make(DrpError.Unreachable, action, repository, subject, Text.Of(RepositoriesTexts.Stalled, (int)Math.Ceiling(limit.TotalSeconds)), cause,
            RepositoriesTexts.NetworkHint, transient: true);

    private static string Of(RepositoryAction action) => action switch
    {
        RepositoryAction.Read => RepositoriesTexts.CannotRead,
        RepositoryAction.Write => RepositoriesTexts.CannotWrite,
        RepositoryAction.List => RepositoriesTexts.CannotList,
        RepositoryAction.Delete => RepositoriesTexts.CannotDelete,
        _ => RepositoriesTexts.CannotOpen,
    };
}
