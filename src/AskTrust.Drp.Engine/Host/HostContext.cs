namespace AskTrust.Drp.Engine.Host;

/// <summary>What every room needs of the outside world, handed down by Composition.</summary>
internal sealed record HostContext
{
    /// <summary>Starts programs.</summary>
    public required IProcessRunner Processes { get; init; }

    /// <summary>Resolves secret references.</summary>
    public required ISecretResolver Secrets { get; init; }

    /// <summary>Takes resolved secrets out of foreign texts (messages of servers and libraries) before they are shown.</summary>
    public required Redactor Redactor { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Temporary and state folders.</summary>
    public required TempSpace Temp { get; init; }

    /// <summary>Listens.</summary>
    public required IDrpObserver Observer { get; init; }

    /// <summary>Says something to the operator.</summary>
    public void Say(DrpEventLevel level, string text) => Observer.On(new DrpMessage(level, text));
}
