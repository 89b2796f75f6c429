using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>Compression: a sink to write through, a stream to read through, the suffix of file names.</summary>
internal static class Compression
{
    private static ReadOnlySpan<byte> ZstdMagic => [0x28, 0xB5, 0x2F, 0xFD];

    private static ReadOnlySpan<byte> GzipMagic => [0x1F, 0x8B];

    /// <summary>Suffix of file names, e.g. <c>.zst</c>; empty for none.</summary>
    public static string Suffix(CompressionKind kind) => kind switch
    {
        CompressionKind.Zstd => ".zst",
        CompressionKind.Gzip => ".gz",
        _ => "",
    };

    /// <summary>A sink that compresses into the next one.</summary>
    public static ISink Compress(HostContext host, CompressionPlan plan, ISink next) => plan.Kind switch
    {
        CompressionKind.Zstd => new ZstdSink(next, plan),
        CompressionKind.Gzip => Gzip(host, plan, next),
        _ => next,
    };

    /// <summary>Plain bytes of a compressed stream, which it owns.</summary>
    public static Stream Decompress(HostContext host, CompressionKind kind, Stream source, string subject) => kind switch
    {
        CompressionKind.Zstd => new ZstdStream(source, subject),
        CompressionKind.Gzip => Gunzip(host, source, subject),
        _ => source,
    };

    /// <summary>Which compression the first bytes of a file show; <see cref="CompressionKind.None"/> when none.</summary>
    public static CompressionKind Recognise(ReadOnlySpan<byte> start) =>
        start.StartsWith(ZstdMagic) ? CompressionKind.Zstd
        : start.StartsWith(GzipMagic) ? CompressionKind.Gzip
        : CompressionKind.None;

    private static ProgramSink Gzip(HostContext host, CompressionPlan plan, ISink next)
    {
        // The program, not System.IO.Compression: levels 1 to 9, a core of its own, and several with pigz.
        string threads = (plan.Threads > 0 ? plan.Threads : Math.Min(Environment.ProcessorCount, 4)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Command command = host.Processes.Find("pigz") is { } pigz
            ? new Command(pigz, "-c", $"-{plan.Level}", "-p", threads)
            : new Command("gzip", "-c", $"-{plan.Level}");
        IRunningProcess process = host.Processes.Start(command);
        return new ProgramSink(process, next, code => code == 0 ? null : new DrpException(DrpError.Failed, Text.Of(PipelineTexts.GzipFailed, code, process.Errors.Trim())));
    }

    private static ProgramStream Gunzip(HostContext host, Stream source, string subject)
    {
        IRunningProcess process = host.Processes.Start(new Command("gzip", "-d", "-c"));
        // Any complaint counts, also the mere warning (2) about bytes behind the end.
        return new ProgramStream(process, source, code => code == 0 ? null : new DrpException(DrpError.VerificationFailed, Text.Of(PipelineTexts.DamagedGzip, subject, process.Errors.Trim()))
        {
            Subject = subject, Hint = PipelineTexts.UseAnotherCopy,
        }, host.Clock);
    }
}
