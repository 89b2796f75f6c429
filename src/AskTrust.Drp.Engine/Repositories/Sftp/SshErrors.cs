using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Repositories.Sftp;

/// <summary>What ssh says when it does not get through; its words are English whatever the language.</summary>
internal static class SshErrors
{
    public static DrpException Translate(SshFailedException e, string repository, string location, Redactor redactor)
    {
        string said = redactor.Clean(e.Message);
        bool hostKey = Says("Host key verification failed") || Says("REMOTE HOST IDENTIFICATION HAS CHANGED") || Says("host key is known");
        bool refused = Says("Permission denied") || Says("Too many authentication failures") || Says("Load key") || Says("UNPROTECTED PRIVATE KEY");
        bool subsystem = Says("subsystem request failed");
        string reason = said.Length > 0 ? LastLine(said) : e.InnerException?.Message ?? e.Message;
        if (hostKey) return Make(DrpError.KeyOrPassphrase, RepositoriesTexts.SftpHostKeyHint, transient: false);
        if (refused) return Make(DrpError.KeyOrPassphrase, RepositoriesTexts.SftpKeyHint, transient: false);
        return subsystem ? Make(DrpError.Failed, RepositoriesTexts.SftpSubsystemHint, transient: false) : Make(DrpError.Unreachable, RepositoriesTexts.NetworkHint, transient: true);

        bool Says(string words) => said.Contains(words, StringComparison.OrdinalIgnoreCase);

        DrpException Make(DrpError code, string hint, bool transient)
            => RepositoryErrors.Make(code, RepositoryAction.Open, repository, location, reason, e, hint, transient);
    }

    private static string LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? text;
}
