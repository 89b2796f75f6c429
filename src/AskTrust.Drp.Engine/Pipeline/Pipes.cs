namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>What pipes to and from programs throw.</summary>
internal static class Pipes
{
    /// <summary>True when the other end has gone or the pipe was closed under the caller; not when the caller cancelled.</summary>
    public static bool IsBroken(Exception e, CancellationToken ct) =>
        e is IOException or ObjectDisposedException || (e is OperationCanceledException && !ct.IsCancellationRequested);
}
