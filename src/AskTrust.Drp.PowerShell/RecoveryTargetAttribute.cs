using System.Management.Automation;

namespace AskTrust.Drp.PowerShell;

/// <summary>
/// Takes what a recovery ends at in the forms operators have at hand: every form of a moment (see <see cref="PointInTimeAttribute"/>), an LSN, a transaction,
/// <c>name:…</c>, <c>latest</c> or <c>immediate</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RecoveryTargetAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return input switch
        {
            null => null!,
            RecoveryTarget target => target,
            Lsn at => RecoveryTarget.TryParse(at.ToString(), out var target) ? target! : throw Wrong(input),
            DateTimeOffset at => RecoveryTarget.At(at),
            DateTime at => RecoveryTarget.At(new DateTimeOffset(at)),
            TimeSpan ago => RecoveryTarget.At(TimeProvider.System.GetUtcNow() - ago),
            string text when PointInTimeAttribute.TryParse(text.Trim(), TimeProvider.System, out var at) => RecoveryTarget.At(at),
            string text when RecoveryTarget.TryParse(text, out var target) => target!,
            int or long or uint or ulong when RecoveryTarget.TryParse($"xid:{input}", out var target) => target!,
            _ => throw Wrong(input),
        };
    }

    private static ArgumentTransformationMetadataException Wrong(object input) => new(Text.Of(CmdletTexts.NoRecoveryTarget, input));
}
