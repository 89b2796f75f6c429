namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// A sink that keeps bytes for a while (the parts of an upload) and can tell that they move, although no write returns:
/// so a slow line is not taken for a stalled one.
/// </summary>
internal interface IProgressSink : ISink
{
    /// <summary>A number that grows whenever something moves.</summary>
    long Moved { get; }
}
