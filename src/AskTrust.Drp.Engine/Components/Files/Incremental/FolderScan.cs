using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>
/// Everything in a folder, in the order of the bytes of the paths: <c>find</c> says what is there, <c>sort</c> brings it into order, on the disk when it is much. A line is
/// <c>TYPE SIZE MTIME CTIME INODE LINKS PATH</c>.
/// </summary>
internal sealed class FolderScan : IAsyncDisposable
{
    private const string Line = "%y %s %T@ %C@ %i %n %P\\0";
    private readonly IRunningProcess _find;
    private readonly IRunningProcess _sort;
    private readonly string _folder;
    private readonly Task _pump;

    /// <summary>Starts.</summary>
    /// <param name="host">The outside world.</param>
    /// <param name="plan">What is left out.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="work">Where to sort what is too much for memory.</param>
    /// <param name="said">Listens to what <c>find</c> could not read.</param>
    public FolderScan(HostContext host, FilesPlan plan, string folder, string work, TarMessages said)
    {
        _folder = folder;
        // A folder that may not be entered is said to be one, by a program, not to be a missing program.
        _find = host.Processes.Start(new Command("env", [$"--chdir={folder}", "find", ".", .. plan.OneFileSystem ? new[] { "-xdev" } : [], .. LeftOut(plan), "-printf", Line]) { Environment = GnuTar.Environment });
        _find.OnErrorLine = said.AddFind;
        _find.Input.Close();
        _sort = host.Processes.Start(new Command("sort", "--zero-terminated", "--field-separator= ", "--key=7", "--stable", "--buffer-size=32M", "--parallel=2", $"--temporary-directory={work}") { Environment = GnuTar.Environment });
        _pump = PumpAsync();
        Lines = new ZeroReader(_sort.Output);
    }

    /// <summary>What is there.</summary>
    public ZeroReader Lines { get; }

    /// <summary>After the last line: nothing was lost on the way.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>, <see cref="DrpError.NotEnoughSpace"/>.</exception>
    public async Task EndAsync(CancellationToken ct)
    {
        await _pump.WaitAsync(ct).ConfigureAwait(false);
        int found = await _find.WaitAsync(ct).ConfigureAwait(false), sorted = await _sort.WaitAsync(ct).ConfigureAwait(false);
        // 1: something could not be read, which was said of each.
        if (found is 0 or 1 && sorted == 0) return;
        string errors = sorted == 0 ? _find.Errors : _sort.Errors;
        throw new DrpException(errors.Contains("No space left", StringComparison.Ordinal) ? DrpError.NotEnoughSpace : DrpError.Failed, Text.Of(FilesTexts.ScanFailed, _folder, errors.Trim())) { Subject = _folder };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _find.DisposeAsync().ConfigureAwait(false);
        await _sort.DisposeAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>As tar reads the rules: at any depth, or with <c>/</c> before it only at the top. What fits is not gone into.</summary>
    private static IEnumerable<string> LeftOut(FilesPlan plan)
    {
        if (plan.Exclude.Count == 0) return [];
        List<string> words = ["("];
        foreach (string pattern in plan.Exclude)
        {
            if (words.Count > 1) words.Add("-o");
            words.AddRange(pattern.StartsWith('/') ? ["-path", "." + pattern] : ["-path", pattern, "-o", "-path", "*/" + pattern]);
        }

        return [.. words, ")", "-prune", "-o"];
    }

    private async Task PumpAsync()
    {
        try
        {
            await _find.Output.CopyToAsync(_sort.Input, 256 * 1024).ConfigureAwait(false);
            _sort.Input.Close();
        }
        catch (IOException)
        {
            // One of them ended early; its exit code says why.
        }
    }
}
