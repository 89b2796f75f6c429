namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>Cancels as soon as that many bytes came.</summary>
internal sealed class Stopper(CancellationTokenSource stop, long after) : IDrpObserver
{
    public void On(DrpEvent happening)
    {
        if (happening is DrpProgress { Done: var done } && done > after) stop.Cancel();
    }
}
