using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// Starts programs of this machine. On Linux each gets a session of its own (<c>setsid</c>): a Ctrl+C at the terminal reaches
/// us and not them (we stop them in order), none of them can ask for a password at the terminal, and a whole tree is
/// stopped by one signal to its group.
/// </summary>
internal sealed class ProcessRunner(TimeProvider clock, Redactor redactor) : IProcessRunner
{
    private const int MostOutput = 64 * 1024 * 1024;
    private const string UsualPlaces = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Variables of the caller's session that would lead another user astray.</summary>
    private static readonly string[] s_ownSession =
        ["XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "GNUPGHOME", "PGPASSFILE", "PGSERVICEFILE", "TMPDIR"];

    private static readonly Lazy<string?> s_setsid = new(() => OperatingSystem.IsLinux() ? Search("setsid") : null);

    /// <inheritdoc/>
    public string? Find(string program) => Search(program);

    /// <inheritdoc/>
    public IRunningProcess Start(Command command) => Launch(command);

    /// <inheritdoc/>
    public async Task<ProcessResult> RunAsync(Command command, CancellationToken ct, ReadOnlyMemory<byte> input = default)
    {
        ct.ThrowIfCancellationRequested();
        RunningProcess process = Launch(command);
        await using (process.ConfigureAwait(false))
        {
            // Leaving this block by an exception kills the process and its children, and waits for that.
            using var output = new MemoryStream();
            Task feeding = FeedAsync(process, input, ct);
            Task collecting = CollectAsync(process.Output, output, command, ct);
            Task<int> ending = process.WaitAsync(ct);
            if (await Task.WhenAny(collecting, ending).ConfigureAwait(false) == collecting) await collecting.ConfigureAwait(false);
            int code = await ending.ConfigureAwait(false);
            await FinishAsync(collecting, output).ConfigureAwait(false);
            await process.CloseInputAsync().ConfigureAwait(false);
            await feeding.ConfigureAwait(false);
            lock (output) return new ProcessResult(code, output.ToArray(), process.Errors);
        }
    }

    private static async Task FeedAsync(RunningProcess process, ReadOnlyMemory<byte> input, CancellationToken ct)
    {
        try
        {
            if (!input.IsEmpty) await process.Input.WriteAsync(input, ct).ConfigureAwait(false);
            await process.CloseInputAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // A program need not read its input; its exit code tells whether it minded.
        }
    }

    private static async Task CollectAsync(Stream source, MemoryStream output, Command command, CancellationToken ct)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await source.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and int count)
        {
            lock (output) output.Write(buffer, 0, count);
            if (output.Length > MostOutput)
                throw new DrpException(DrpError.Failed, Text.Of(HostTexts.TooMuchOutput, command.Program, MostOutput / 1048576));
        }
    }

    /// <summary>A server left in the background may hold the pipe open after its starter ended: wait only while bytes come.</summary>
    private async Task FinishAsync(Task collecting, MemoryStream output)
    {
        for (long before = -1; before != output.Length && !collecting.IsCompleted;)
        {
            before = output.Length;
            await Task.WhenAny(collecting, Task.Delay(TimeSpan.FromSeconds(2), clock)).ConfigureAwait(false);
        }

        if (collecting.IsCompleted) await collecting.ConfigureAwait(false);
    }

    private RunningProcess Launch(Command command)
    {
        string program = Search(command.Program) ?? throw ProgramPackages.Missing(command.Program);
        var info = new ProcessStartInfo
        {
            FileName = s_setsid.Value ?? program,
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = command.WorkingDirectory ?? "",
        };
        if (s_setsid.Value is not null) info.ArgumentList.Add(program);
        foreach (string argument in command.Arguments) info.ArgumentList.Add(argument);
        if (command.RunAs is { } user && !string.Equals(user, Environment.UserName, StringComparison.Ordinal)) Become(user, command, info);
        foreach (var (name, value) in command.Environment)
        {
            if (value is null) info.Environment.Remove(name);
            else info.Environment[name] = value;
        }

        var process = new Process { StartInfo = info };
        try
        {
#pragma warning disable RS0030 // This is the place.
            process.Start();
#pragma warning restore RS0030
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or DirectoryNotFoundException)
        {
            process.Dispose();
            throw new DrpException(DrpError.Unreachable, Text.Of(HostTexts.CannotStart, program, e.Message), e) { Subject = program };
        }

        return new RunningProcess(process, command, clock, redactor, ownGroup: s_setsid.Value is not null,
            after => RunAsync(after, CancellationToken.None));
    }

    private static void Become(string name, Command command, ProcessStartInfo info)
    {
        SystemUser user = Posix.FindUser(name)
            ?? throw new DrpException(DrpError.Failed, Text.Of(HostTexts.NoSuchUser, name)) { Subject = name };
        if (!Posix.IsRoot)
        {
            throw new DrpException(DrpError.Failed, Text.Of(HostTexts.CannotBecome, Path.GetFileName(command.Program), name))
            {
                Subject = name, Hint = Text.Of(HostTexts.RunAsRoot, name),
            };
        }

        info.UserName = name;
        info.Environment["HOME"] = user.Home;
        info.Environment["USER"] = name;
        info.Environment["LOGNAME"] = name;
        foreach (string variable in s_ownSession) info.Environment.Remove(variable);
        // Our folder is most often closed to that user, and servers complain about it.
        if (command.WorkingDirectory is null) info.WorkingDirectory = "/";
    }

    private static string? Search(string program)
    {
        if (program.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)) return IsProgram(program) ? Path.GetFullPath(program) : null;
        string places = Environment.GetEnvironmentVariable("PATH") ?? "";
        if (!OperatingSystem.IsWindows()) places = $"{places}:{UsualPlaces}";
        string[] suffixes = OperatingSystem.IsWindows() ? [".exe", ".cmd", ".bat", ""] : [""];
        return places.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathRooted)
            .SelectMany(folder => suffixes.Select(suffix => Path.Combine(folder, program + suffix)))
            .FirstOrDefault(IsProgram);
    }

    private static bool IsProgram(string path)
    {
        const UnixFileMode executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & executable) != UnixFileMode.None);
    }

    /// <summary>A duration for messages.</summary>
    internal static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.#", CultureInfo.CurrentCulture);
}
