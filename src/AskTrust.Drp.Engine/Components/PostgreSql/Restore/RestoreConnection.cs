using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>How the restoring programs connect: with settings of the session that make a one-off load fast and safe.</summary>
internal static class RestoreConnection
{
    /// <summary>
    /// Settings every user may change. No wait for the disk at each commit (a database that is not complete yet may lose its last
    /// second); memory for building indexes, shared out between the jobs; no time limits an administrator meant for applications.
    /// </summary>
    /// <param name="jobs">Sessions at the same time.</param>
    public static string Options(int jobs) => string.Join(' ',
        "-c synchronous_commit=off",
        $"-c maintenance_work_mem={Math.Max(1024 / Math.Max(jobs, 1), 128)}MB",
        "-c statement_timeout=0", "-c lock_timeout=0", "-c idle_in_transaction_session_timeout=0",
        "-c default_transaction_read_only=off", "-c row_security=off");

    /// <summary>A program that writes into a database.</summary>
    public static Command Tool(IPostgreSqlServer server, string program, string database, int jobs, params IReadOnlyList<string> arguments) =>
        // Environment and container wrapping come from the server; a connection string adds the options to them.
        server.Tool(program, null, [$"--dbname={Sql.ConnectionString(database)} options='{Options(jobs)}'", "--no-password", .. arguments]);
}
