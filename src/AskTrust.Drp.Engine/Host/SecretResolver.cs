using System.Collections.Concurrent;

namespace AskTrust.Drp.Engine.Host;

/// <summary>Turns references into secrets; tells the <see cref="Redactor"/> each one it hands out.</summary>
/// <param name="processes">Runs <c>command</c> and <c>vault</c> references.</param>
/// <param name="redactor">Remembers what was resolved.</param>
/// <param name="observer">Hears warnings, e.g. of a file others can read.</param>
/// <param name="secretManagement">PowerShell's <c>Get-Secret</c>; null outside PowerShell.</param>
internal sealed class SecretResolver(
    IProcessRunner processes, Redactor redactor, IDrpObserver observer,
    Func<string, CancellationToken, Task<string?>>? secretManagement) : ISecretResolver
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, bool> _warned = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<Secret> ResolveAsync(SecretReference reference, CancellationToken ct)
    {
        string value = reference.Kind switch
        {
            SecretKind.Environment => Environment.GetEnvironmentVariable(reference.Target) ?? Credential(reference) ?? throw Unresolved(reference, HostTexts.VariableNotSet),
            SecretKind.File => await ReadFileAsync(reference, ct).ConfigureAwait(false),
            SecretKind.Command => FirstLine(await RunAsync(reference, ParseCommand(reference), ct).ConfigureAwait(false)),
            SecretKind.Vault => WithoutLastBreak(await RunAsync(reference, VaultCommand(reference), ct).ConfigureAwait(false)),
            SecretKind.SecretManagement => await AskPowerShellAsync(reference, ct).ConfigureAwait(false),
            _ => throw new ArgumentOutOfRangeException(nameof(reference)),
        };
        if (value.Length == 0) throw Unresolved(reference, HostTexts.SecretEmpty);
        redactor.Remember(value);
        return new Secret(value);
    }

    /// <summary>A credential of systemd (LoadCredential=NAME:FILE), which only the service can read.</summary>
    private static string? Credential(SecretReference reference) =>
        Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } folder && Path.Combine(folder, Path.GetFileName(reference.Target)) is var file && File.Exists(file)
            ? WithoutLastBreak(File.ReadAllText(file))
            : null;

    private async Task<string> ReadFileAsync(SecretReference reference, CancellationToken ct)
    {
        try
        {
            string text = await File.ReadAllTextAsync(reference.Target, ct).ConfigureAwait(false);
            const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(reference.Target) & others) != UnixFileMode.None && _warned.TryAdd(reference.Target, true))
                observer.On(new DrpMessage(DrpEventLevel.Warning, Text.Of(HostTexts.SecretFileOpen, reference.Target)));
            return WithoutLastBreak(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw Unresolved(reference, e.Message, e);
        }
    }

    private async Task<string> RunAsync(SecretReference reference, Command command, CancellationToken ct)
    {
        ProcessResult result;
        try
        {
            result = await processes.RunAsync(command with { Timeout = s_limit }, ct).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(HostTexts.SecretUnresolved, reference, e.Message), e)
            {
                Subject = reference.ToString(), Hint = e.Hint ?? HostTexts.CheckReference,
            };
        }

        // Standard error may quote the secret's surroundings: the exit code is all we pass on.
        return result.Ok ? result.Text : throw Unresolved(reference, Text.Of(HostTexts.CommandFailed, command.Program, result.ExitCode));
    }

    private async Task<string> AskPowerShellAsync(SecretReference reference, CancellationToken ct)
    {
        if (secretManagement is null) throw Unresolved(reference, HostTexts.OnlyInPowerShell);
        return await secretManagement(reference.Target, ct).ConfigureAwait(false) ?? throw Unresolved(reference, HostTexts.NoSuchSecret);
    }

    private static Command ParseCommand(SecretReference reference) =>
        CommandLine.Split(reference.Target) is [var program, .. var arguments]
            ? new Command(program, [.. arguments])
            : throw Unresolved(reference, HostTexts.CommandUnreadable);

    private static Command VaultCommand(SecretReference reference)
    {
        int hash = reference.Target.LastIndexOf('#');
        if (hash <= 0 || hash == reference.Target.Length - 1) throw Unresolved(reference, HostTexts.VaultForm);
        return new Command("vault", "kv", "get", $"-field={reference.Target[(hash + 1)..]}", "--", reference.Target[..hash]);
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd('\r');

    private static string WithoutLastBreak(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;

    private static DrpException Unresolved(SecretReference reference, string why, Exception? cause = null) =>
        new(DrpError.KeyOrPassphrase, Text.Of(HostTexts.SecretUnresolved, reference, why), cause)
        {
            Subject = reference.ToString(), Hint = HostTexts.CheckReference,
        };
}
