using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Where a recovering server runs: on this machine, or in a side container.</summary>
internal interface IServerPlace
{
    /// <summary>A server program there, as the server's user.</summary>
    Command Program(string program, params IReadOnlyList<string> arguments);

    /// <summary>Writes a small file that the server reads; nothing in it is secret.</summary>
    Task WriteAsync(string path, string text, CancellationToken ct);

    /// <summary>True when there is such a file.</summary>
    Task<bool> HasAsync(string path, CancellationToken ct);

    /// <summary>Reaches the server.</summary>
    Task<IPostgreSqlServer> ConnectAsync(ConnectionSettings settings, CancellationToken ct);

    /// <summary>Ends the server, whatever state it is in.</summary>
    Task EndAsync(string data, CancellationToken ct);
}
