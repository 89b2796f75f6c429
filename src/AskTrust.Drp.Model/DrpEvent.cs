namespace AskTrust.Drp;

/// <summary>How much an operator wants to hear of it.</summary>
public enum DrpEventLevel
{
    /// <summary>For the developers of this tool.</summary>
    Debug,

    /// <summary>What a careful operator wants to see (<c>-Verbose</c>).</summary>
    Verbose,

    /// <summary>A milestone.</summary>
    Information,

    /// <summary>It worked, but look.</summary>
    Warning,
}

/// <summary>Something the engine says while it works; surfaces turn it into streams and progress.</summary>
public abstract record DrpEvent;

/// <summary>A line of text in the user's language.</summary>
/// <param name="Level">How much an operator wants to hear of it.</param>
/// <param name="Text">The line; never a secret.</param>
public sealed record DrpMessage(DrpEventLevel Level, string Text) : DrpEvent;

/// <summary>How far a piece of work is.</summary>
/// <param name="Activity">The whole, e.g. “Backing up db”. Stable during the run: it identifies the bar.</param>
/// <param name="Step">What is done now, e.g. “table public.orders”.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; null when unknown.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Finished">True on the last event of the activity.</param>
public sealed record DrpProgress(string Activity, string Step, long Done, long? Total, ProgressUnit Unit = ProgressUnit.Bytes, bool Finished = false) : DrpEvent;

/// <summary>What <see cref="DrpProgress"/> counts.</summary>
public enum ProgressUnit
{
    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>Objects, tables, sets, checks.</summary>
    Items,
}

/// <summary>Receives what the engine says. Called from any thread; must not block for long and must not throw.</summary>
public interface IDrpObserver
{
    /// <summary>Takes one event.</summary>
    /// <param name="happening">The event.</param>
    void On(DrpEvent happening);
}
