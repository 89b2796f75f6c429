using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Accidents;

/// <summary>How a stretch of WAL was read.</summary>
internal enum WalDumpEnd
{
    /// <summary>To where it was asked for.</summary>
    Whole,

    /// <summary>No record that begins in it ends in it: more is needed.</summary>
    NeedsMore,

    /// <summary>To a place from which on there are zeros: the WAL was not written any further.</summary>
    Zeros,
}

/// <summary>
/// Runs <c>pg_waldump</c>, of the server's own version: the format of WAL changes with each. Where this machine has none, a throw-away container of the server's image
/// has it.
/// </summary>
internal sealed partial class WalDump : IAsyncDisposable
{
    private const string Inside = "/drp-wal";
    private readonly HostContext _host;
    private readonly string _program;
    private readonly ThrowawayImage? _image;
    private SideContainer? _side;

    private WalDump(HostContext host, string program, ThrowawayImage? image) => (_host, _program, _image) = (host, program, image);

    /// <summary>Finds it.</summary>
    /// <param name="host">The host.</param>
    /// <param name="major">Major version of the server.</param>
    /// <param name="image">Image of the server's container; null = it was in none.</param>
    /// <param name="digest">Digest of that image; null = not known.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>, with what to install.</exception>
    public static async Task<WalDump> FindAsync(HostContext host, int major, string? image, string? digest, CancellationToken ct)
    {
        var all = await ClientPrograms.ListAsync(host.Processes, ct).ConfigureAwait(false);
        string name = OperatingSystem.IsWindows() ? "pg_waldump.exe" : "pg_waldump";
        string? program = all.Where(p => p.Major == major && p.Folder is not null).Select(p => host.Processes.Find(Path.Combine(p.Folder!, name))).FirstOrDefault(p => p is not null);
        if (program is null && image is not null) return new WalDump(host, "pg_waldump", await ThrowawayImage.ChooseAsync(host, ContainerEngine.ProgramOf(host.Processes), image, digest, ct).ConfigureAwait(false));
        return new WalDump(host, program ?? throw new DrpException(DrpError.Unreachable, Text.Of(PhysicalTexts.NoWalDump, major, string.Join(", ", all.Select(p => p.Major))))
        {
            Subject = name, Hint = Text.Of(PhysicalTexts.NoServerHint, major),
        }, null);
    }

    /// <summary>Reads the records of a stretch.</summary>
    /// <param name="folder">Folder with the segments, always the same.</param>
    /// <param name="timeline">Timeline in their names.</param>
    /// <param name="from">Where to begin; need not be the beginning of a record.</param>
    /// <param name="to">Where to end: a record that ends behind it is left out.</param>
    /// <param name="file">The segment file that holds a position, with the position of its first byte.</param>
    /// <param name="line">Gets each line.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: there is something else than WAL in it.</exception>
    public async Task<WalDumpEnd> ReadAsync(string folder, uint timeline, Lsn from, Lsn to, Func<Lsn, (string Path, Lsn Start)> file, Action<string> line, CancellationToken ct)
    {
        string[] arguments = ["--path", folder, "--timeline", timeline.ToString(CultureInfo.InvariantCulture), "--start", from.ToString(), "--end", to.ToString()];
        if (_image is not null) _side ??= await SideContainer.StartThrowawayAsync(_host, _image, Inside, null, folder, ct).ConfigureAwait(false);
        // Times come in the zone of the caller, errors in his language.
        Command command = _side?.Exec(false, _program, arguments)
            ?? new Command(_program, arguments) { Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["TZ"] = "UTC", ["LC_ALL"] = "C", ["PGTZ"] = null } };
        IRunningProcess process = _host.Processes.Start(command);
        await using var _ = process.ConfigureAwait(false);
        process.Input.Close();
        using (var reader = new StreamReader(process.Output, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 17))
        {
            while (await reader.ReadLineAsync(ct).ConfigureAwait(false) is { } text) line(text);
        }

        int code = await process.WaitAsync(ct).ConfigureAwait(false);
        if (code == 0) return WalDumpEnd.Whole;
        string said = process.Errors.Trim();
        if (said.Contains("could not find a valid record after", StringComparison.Ordinal)) return Zeros(file, from, to) ? WalDumpEnd.Zeros : WalDumpEnd.NeedsMore;
        if (EndOfWal().Match(said) is { Success: true } m && Lsn.TryParse(m.Groups["at"].Value, out Lsn at) && Zeros(file, at, to)) return WalDumpEnd.Zeros;
        throw Failed(from, to, code, said);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _side?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The error for a stretch that cannot be read.</summary>
    public static DrpException Failed(Lsn from, Lsn to, int code, string said) =>
        new(DrpError.VerificationFailed, Text.Of(PhysicalTexts.DumpFailed, from, to, code, said)) { Subject = "pg_waldump", Hint = PhysicalTexts.DumpFailedHint };

    /// <summary>True when there is nothing but zeros from a position to the end: unwritten WAL, not damaged one.</summary>
    private static bool Zeros(Func<Lsn, (string Path, Lsn Start)> file, Lsn at, Lsn to)
    {
        byte[] buffer = new byte[64 * 1024];
        while (at < to)
        {
            var (path, start) = file(at);
            using FileStream stream = File.OpenRead(path);
            stream.Position = (long)(at.Value - start.Value);
            int read = stream.Read(buffer, 0, (int)Math.Min((ulong)buffer.Length, to.Value - at.Value));
            if (read == 0 || buffer.AsSpan(0, read).IndexOfAnyExcept((byte)0) >= 0) return false;
            at = new Lsn(at.Value + (ulong)read);
        }

        return true;
    }

    // 15: "invalid record length at 0/2007F60: wanted 24, got 0"; 16: "expected at least 24, got 0".
    [GeneratedRegex(@"invalid record length at (?<at>[0-9A-F]+/[0-9A-F]+): .*got 0\s*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EndOfWal();
}
