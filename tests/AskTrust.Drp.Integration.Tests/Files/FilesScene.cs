using System.Diagnostics;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Files;

/// <summary>A folder with uploads, a directory repository, a plan without a database.</summary>
internal sealed class FilesScene : IDisposable
{
    public FilesScene(Func<FilesScene, string, string>? plan = null)
    {
        Requires.Programs("tar", "gpg", "zstd");
        Folder.Sub("uploads");
        Folder.Write("passphrase", "correct horse battery staple");
        string text = $$"""
            version: 1
            name: shop
            components:
              uploads: { type: files, path: {{Uploads}} }
            repositories:
              one: { type: directory, path: {{Folder["one"]}} }
            encryption: { passphrase: "${file:{{Folder["passphrase"]}}}" }
            jobs:
              nightly: { schedule: "0 3 * * *", keep: { last: 2 } }
            """;
        Folder.Write("drp.yaml", plan?.Invoke(this, text) ?? text);
    }

    public TestFolder Folder { get; } = new("files");

    public string Uploads => Folder["uploads"];

    public string State => Folder["state"];

    public Listener Heard { get; } = new();

    public string File(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Folder["uploads", name])!);
        System.IO.File.WriteAllText(Folder["uploads", name], text);
        return Folder["uploads", name];
    }

    public async Task<T> WithAsync<T>(Func<DrpSession, Task<T>> act)
    {
        await using var session = await DrpSession.OpenAsync(Folder["drp.yaml"], new EngineOptions { StateDirectory = State, Observer = Heard }, default);
        return await act(session);
    }

    public Task<BackupReport> BackUpAsync() => WithAsync(s => s.BackupAsync(new BackupOptions(), default));

    public Task<RestoreReport> RestoreAsync(RestoreComponentOptions options) => WithAsync(s => s.RestoreComponentAsync(options, default));

    /// <summary>A shell script in the uploads; tests make what .NET cannot name with it.</summary>
    public string Sh(string script, string? folder = null, bool mayFail = false) => Run("sh", ["-c", script], folder ?? Uploads, mayFail);

    /// <summary>Everything below a folder as text: kind, rights, owner, size, links, name as octal, target, digest of the content.</summary>
    public string Look(string folder) => Sh("""
        LC_ALL=C find . -printf '%y %m %U:%G %n %p -> %l %T@\0' | sort -z | tr '\0' '\n'
        LC_ALL=C find . -type f -print0 | sort -z | xargs -0 -r sha256sum -z | tr '\0' '\n'
        """, folder);

    public static string Run(string program, IReadOnlyList<string> arguments, string folder, bool mayFail = false)
    {
        var info = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = System.Text.Encoding.Latin1 };
        using var process = Process.Start(info)!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0 && !mayFail) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output + (mayFail ? errors.Result : "");
    }

    public void Dispose()
    {
        // Names that .NET cannot say, folders without rights.
        Run("rm", ["-rf", Folder.Path], "/", mayFail: true);
        Folder.Dispose();
    }
}
