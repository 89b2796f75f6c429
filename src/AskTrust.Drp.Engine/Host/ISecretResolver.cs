namespace AskTrust.Drp.Engine.Host;

/// <summary>Turns references into secrets at the last moment.</summary>
internal interface ISecretResolver
{
    /// <summary>The secret behind a reference.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.KeyOrPassphrase"/>: names the reference, never the value.</exception>
    Task<Secret> ResolveAsync(SecretReference reference, CancellationToken ct);
}

/// <summary>A secret in memory; prints as stars, so that no log or message can hold it by accident.</summary>
internal sealed class Secret(string value)
{
    /// <summary>The value: hand it to the one place that needs it.</summary>
    public string Reveal() => value;

    /// <inheritdoc/>
    public override string ToString() => "***";
}
