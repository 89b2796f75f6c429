using System.Management.Automation;

namespace AskTrust.Drp.PowerShell;

/// <summary>Base of what reads an argument in the forms operators write it, and says what was expected where it cannot.</summary>
[AttributeUsage(AttributeTargets.Property)]
public abstract class ReadsAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public sealed override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        null => null!,
        var input => Read(input) ?? throw new ArgumentTransformationMetadataException(Refusal(input)),
    };

    /// <summary>Reads one argument.</summary>
    /// <param name="input">What was given, unwrapped.</param>
    /// <returns>The value; null when it is none.</returns>
    protected abstract object? Read(object input);

    /// <summary>What to tell when it is none.</summary>
    /// <param name="input">What was given.</param>
    /// <returns>The message.</returns>
    protected abstract string Refusal(object input);
}
