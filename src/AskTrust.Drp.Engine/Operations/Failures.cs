using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Which number an exception has.</summary>
internal static class Failures
{
    public static DrpError CodeOf(Exception e) => e switch
    {
        DrpException drp => drp.Code,
        OperationCanceledException => DrpError.Cancelled,
        IOException when DiskFull.Is(e) => DrpError.NotEnoughSpace,
        _ => DrpError.Failed,
    };
}
