using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>A PostgreSQL server one can talk to, wherever it runs: by network or socket, or inside a container.</summary>
internal interface IPostgreSqlServer : IAsyncDisposable
{
    /// <summary>For people: host and port, socket or container; no secret.</summary>
    string Description { get; }

    /// <summary>Server version, e.g. <c>15.18</c>.</summary>
    string Version { get; }

    /// <summary>Major version.</summary>
    int Major { get; }

    /// <summary>The database the plan means; connect to <c>postgres</c> or <c>template1</c> to make or drop it.</summary>
    string Database { get; }

    /// <summary>The user of the connection.</summary>
    string User { get; }

    /// <summary>Where its tools run.</summary>
    IExecutionTarget Where { get; }

    /// <summary>The container it runs in; null when it is none that we know of.</summary>
    ContainerFacts? Container { get; }

    /// <summary>
    /// A PostgreSQL client program (<c>pg_dump</c>, <c>psql</c>, <c>pg_restore</c> …) of a version that fits, ready to run against a database of
    /// this server: wrapped for where it runs, connection and password in the environment, never in the arguments.
    /// </summary>
    /// <param name="program">The program. Those that take no database from the environment (<c>pg_restore</c>, <c>pg_dumpall</c>) get their option for it.</param>
    /// <param name="database">The database; null = none (<c>pg_restore --list</c>).</param>
    /// <param name="arguments">The other arguments.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/> when this machine has no client programs that fit, with what to install.</exception>
    Command Tool(string program, string? database, params IReadOnlyList<string> arguments);

    /// <summary>Runs one query; values as text, null for NULL.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>, <see cref="DrpError.KeyOrPassphrase"/> or <see cref="DrpError.Failed"/> with the server's message.</exception>
    Task<IReadOnlyList<string?[]>> QueryAsync(string database, string sql, CancellationToken ct);

    /// <summary>Runs statements one by one, outside an explicit transaction (so CREATE DATABASE works); stops at the first error.</summary>
    Task ExecuteAsync(string database, string sql, CancellationToken ct);

    /// <summary>True when it runs on this machine, and not in a container of its own.</summary>
    bool IsHere => false;

    /// <summary>True when <see cref="ReplicateAsync"/> can be used: not where only programs get to the server, where it is older than PostgreSQL 15, or without libpq.</summary>
    bool CanReplicate => false;

    /// <summary>A connection of our own for commands of the replication protocol.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>, <see cref="DrpError.KeyOrPassphrase"/> or <see cref="DrpError.Failed"/> with the server's message.</exception>
    Task<ReplicationConnection> ReplicateAsync(CancellationToken ct) => throw new NotSupportedException();
}
