namespace AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;

/// <summary>
/// A PostgreSQL server that lives for one restore test. Disposing stops it the hard way and removes everything of it; when we are killed,
/// <see cref="ThrowawaySweeper"/> does so in the next run.
/// </summary>
internal interface IThrowawayServer : IAsyncDisposable
{
    /// <summary>The server; its user is a superuser.</summary>
    IPostgreSqlServer Server { get; }

    /// <summary>For reports: <c>cluster</c> or <c>container IMAGE@DIGEST</c>.</summary>
    string Where { get; }

    /// <summary>Things to look at, e.g. another image than production's.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>How an external command reaches a database, password and all: for its environment only.</summary>
    string DatabaseUrl(string database);
}
