using System.Net.Sockets;
using System.Security.Authentication;
using AskTrust.Drp.Engine.Host;
using Npgsql;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>Turns what servers, Npgsql, libpq and docker say into our errors. The server's message is kept; it never holds a password.</summary>
internal static class PostgreSqlErrors
{
    /// <summary>Words of messages, in the languages our users' servers speak. Programs give no SQLSTATE for a refused connection.</summary>
    private static readonly (DrpError Code, string[] Words)[] s_words =
    [
        (DrpError.KeyOrPassphrase, ["password authentication failed", "authentification par mot de passe échoué", "no password supplied", "fe_sendauth",
            "no pg_hba.conf entry", "aucune entrée dans pg_hba.conf", "peer authentication failed", "authentification peer échoué", "ident authentication failed",
            "is not permitted to log in", "n'est pas autorisé à se connecter", "certificate authentication failed", "pam authentication failed",
            "ldap authentication failed", "gssapi authentication failed", "md5 authentication failed"]),
        (DrpError.Unreachable, ["could not connect", "connection refused", "connection to server was lost", "server closed the connection", "could not translate host name",
            "timeout expired", "timed out", "no such file or directory\n\tis the server running", "terminating connection", "the database system is", "ssl syscall error",
            "could not receive data from server", "could not send data to server", "connection reset", "network is unreachable", "no route to host", "too many clients",
            "remaining connection slots", "no connection to the server", "connexion refusée", "le serveur a mis fin à la connexion", "mise en arrêt",
            "le système de bases de données", "cannot connect to the docker daemon", "no such container", "is not running", "server does not support ssl", "certificate verify failed"]),
    ];

    private static readonly string[] s_missingDatabase = ["does not exist", "n'existe pas"];

    /// <summary>An exception of Npgsql.</summary>
    /// <param name="e">It.</param>
    /// <param name="where">Server and database, for people.</param>
    public static DrpException From(Exception e, string where) => e switch
    {
        PostgresException p => FromState(p, where),
        NpgsqlException { InnerException: AuthenticationException tls } => Make(DrpError.Unreachable, where, tls.Message, e, PostgreSqlTexts.HintTls),
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } n => Make(DrpError.Unreachable, where, Innermost(n), e, PostgreSqlTexts.HintUnreachable, transient: true),
        NpgsqlException n when n.Message.Contains("password", StringComparison.OrdinalIgnoreCase) => Make(DrpError.KeyOrPassphrase, where, n.Message, e, PostgreSqlTexts.HintCredentials),
        NpgsqlException n => Make(DrpError.Unreachable, where, Innermost(n), e, PostgreSqlTexts.HintUnreachable, transient: n.IsTransient),
        SocketException or TimeoutException or IOException => Make(DrpError.Unreachable, where, e.Message, e, PostgreSqlTexts.HintUnreachable, transient: true),
        _ => Make(DrpError.Failed, where, e.Message, e, hint: null),
    };

    /// <summary>What libpq says of a connection or an answer of the server.</summary>
    /// <param name="said">Its text.</param>
    /// <param name="where">The server, for people.</param>
    public static DrpException FromLibPq(string said, string where)
    {
        DrpError code = Classify(said);
        return Make(code, where, LastLines(said), null, HintOf(code, said), transient: code == DrpError.Unreachable);
    }

    /// <summary>A program's standard error.</summary>
    /// <param name="program">The program.</param>
    /// <param name="exitCode">Its exit code.</param>
    /// <param name="errors">What it said.</param>
    /// <param name="where">Server and database, for people.</param>
    public static DrpException FromProgram(string program, int exitCode, string errors, string where)
    {
        string said = LastLines(errors);
        string message = said.Length == 0 ? Text.Of(PostgreSqlTexts.ProgramExit, program, where, exitCode) : Text.Of(PostgreSqlTexts.ProgramSaid, program, where, said);
        DrpError code = Classify(errors);
        return new DrpException(code, message) { Hint = HintOf(code, errors), Subject = where, IsTransient = code == DrpError.Unreachable };
    }

    /// <summary>Which error a text of libpq, the server or docker means; <see cref="DrpError.Failed"/> when none in particular.</summary>
    public static DrpError Classify(string errors)
    {
        foreach (var (code, words) in s_words)
        {
            if (words.Any(w => errors.Contains(w, StringComparison.OrdinalIgnoreCase))) return code;
        }

        // "role does not exist" is a refused login only when it comes from the connection, not from a statement.
        bool connecting = errors.Contains("FATAL:", StringComparison.Ordinal) || errors.Contains("FATAL :", StringComparison.Ordinal);
        bool role = errors.Contains("role \"", StringComparison.Ordinal) || errors.Contains("rôle «", StringComparison.Ordinal);
        return connecting && role && s_missingDatabase.Any(w => errors.Contains(w, StringComparison.Ordinal)) ? DrpError.KeyOrPassphrase : DrpError.Failed;
    }

    private static string? HintOf(DrpError code, string errors) => code switch
    {
        DrpError.KeyOrPassphrase => PostgreSqlTexts.HintCredentials,
        DrpError.Unreachable => PostgreSqlTexts.HintUnreachable,
        _ when errors.Contains("row-level security", StringComparison.OrdinalIgnoreCase) || errors.Contains("row security", StringComparison.OrdinalIgnoreCase) => PostgreSqlTexts.HintRowSecurity,
        _ when errors.Contains("permission denied", StringComparison.OrdinalIgnoreCase) || errors.Contains("droit refusé", StringComparison.OrdinalIgnoreCase) => PostgreSqlTexts.HintPermission,
        _ when errors.Contains("lock timeout", StringComparison.OrdinalIgnoreCase) => PostgreSqlTexts.HintLock,
        _ when errors.Contains("server version mismatch", StringComparison.OrdinalIgnoreCase) => PostgreSqlTexts.HintVersion,
        _ when IsMissingDatabase(errors) => PostgreSqlTexts.HintDatabase,
        _ => null,
    };

    private static DrpException FromState(PostgresException p, string where) => p.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            Make(DrpError.KeyOrPassphrase, where, p.MessageText, p, PostgreSqlTexts.HintCredentials),
        PostgresErrorCodes.InvalidCatalogName => Make(DrpError.Failed, where, p.MessageText, p, PostgreSqlTexts.HintDatabase),
        PostgresErrorCodes.InsufficientPrivilege => Make(DrpError.Failed, where, p.MessageText, p, PostgreSqlTexts.HintPermission),
        PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown =>
            Make(DrpError.Unreachable, where, p.MessageText, p, PostgreSqlTexts.HintUnreachable, transient: true),
        ['0', '8', ..] => Make(DrpError.Unreachable, where, p.MessageText, p, PostgreSqlTexts.HintUnreachable, transient: true),
        _ => Make(DrpError.Failed, where, p.MessageText, p, p.Hint),
    };

    private static bool IsMissingDatabase(string errors) =>
        errors.Contains("FATAL", StringComparison.Ordinal) && s_missingDatabase.Any(w => errors.Contains(w, StringComparison.Ordinal));

    private static DrpException Make(DrpError code, string where, string message, Exception? cause, string? hint, bool transient = false) =>
        new(code, Text.Of(PostgreSqlTexts.ServerSaid, where, message), cause) { Hint = hint, Subject = where, IsTransient = transient };

    private static string Innermost(Exception e)
    {
        while (e.InnerException is not null) e = e.InnerException;
        return e.Message;
    }

    private static string LastLines(string errors) =>
        string.Join(' ', errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(6));
}
