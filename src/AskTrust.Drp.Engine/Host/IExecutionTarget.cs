namespace AskTrust.Drp.Engine.Host;

/// <summary>Where commands run: this machine, inside a container (<c>docker exec</c>), on another host (<c>ssh</c>).</summary>
internal interface IExecutionTarget
{
    /// <summary>For messages: <c>this host</c>, <c>container askandtrust-db-1</c>.</summary>
    string Description { get; }

    /// <summary>True when it is this machine itself.</summary>
    bool IsLocal { get; }

    /// <summary>The command to run here so that the given one runs there. Variables travel by name only, never as arguments.</summary>
    Command Wrap(Command command);
}
