using System.Management.Automation;

namespace AskTrust.Drp.PowerShell.Pump;

/// <summary>Turns what failed into error records: the id is the name of the error's number, the target what it failed on.</summary>
internal static class ErrorMap
{
    /// <summary>The record of an exception.</summary>
    public static ErrorRecord ToRecord(Exception exception)
    {
        if (exception is AggregateException { InnerExceptions.Count: 1 } one) exception = one.InnerException!;
        if (exception is DrpException ours) return Make(ours, ours.Code, ours.Message, ours.Hint, ours.Subject);
        // Anything else left the engine by mistake; its message is all there is to tell.
        return new ErrorRecord(exception, nameof(DrpError.Failed), CategoryOf(DrpError.Failed), null);
    }

    /// <summary>The record of an item that failed, while the others went on.</summary>
    public static ErrorRecord Item(DrpError code, string message, object target, string? hint = null)
    {
        if (code == DrpError.None) code = DrpError.Failed;
        return Make(new DrpException(code, message) { Hint = hint }, code, message, hint, target);
    }

    /// <summary>PowerShell's category of an error.</summary>
    public static ErrorCategory CategoryOf(DrpError code) => code switch
    {
        DrpError.PlanInvalid => ErrorCategory.InvalidArgument,
        DrpError.Incomplete => ErrorCategory.InvalidResult,
        DrpError.RepositoryMissing or DrpError.WalNotInArchive => ErrorCategory.ObjectNotFound,
        DrpError.Locked => ErrorCategory.ResourceBusy,
        DrpError.KeyOrPassphrase => ErrorCategory.AuthenticationError,
        DrpError.VerificationFailed => ErrorCategory.InvalidData,
        DrpError.ObjectiveBreached => ErrorCategory.LimitsExceeded,
        DrpError.UnsafeTarget => ErrorCategory.PermissionDenied,
        DrpError.NotEnoughSpace => ErrorCategory.ResourceUnavailable,
        DrpError.Unreachable => ErrorCategory.ConnectionError,
        DrpError.Cancelled => ErrorCategory.OperationStopped,
        _ => ErrorCategory.InvalidOperation,
    };

    private static ErrorRecord Make(Exception exception, DrpError code, string message, string? hint, object? target) =>
        new(exception, code.ToString(), CategoryOf(code), target) { ErrorDetails = new ErrorDetails(message) { RecommendedAction = hint ?? "" } };
}
