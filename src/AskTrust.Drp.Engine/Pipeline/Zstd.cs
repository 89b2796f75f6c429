using System.Runtime.InteropServices;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>The functions of libzstd we use. Only its stable interface, as of version 1.4.</summary>
internal static unsafe partial class Zstd
{
    public const int Continue = 0;
    public const int End = 2;
    public const int CompressionLevel = 100;
    public const int WindowLog = 101;
    public const int HashLog = 102;
    public const int ChainLog = 103;
    public const int ChecksumFlag = 201;
    public const int Workers = 400;
    public const int JobSize = 401;

    private const string Library = "libzstd";
    private static readonly bool s_loaded = NativeLibraries.Load(Library, "libzstd.so.1", "libzstd.1.dylib", "libzstd.dll", "libzstd.so");

    /// <summary>Makes sure that the library is there.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/> with what to install.</exception>
    public static void Require()
    {
        if (s_loaded) return;
        throw new DrpException(DrpError.Unreachable, Text.Of(HostTexts.ToolMissing, Library))
        {
            Subject = Library, Hint = Text.Of(HostTexts.InstallPackage, "libzstd1"),
        };
    }

    /// <summary>Throws when the result of a call is an error code.</summary>
    public static nuint Check(nuint result, string subject, DrpError code)
    {
        if (ZSTD_isError(result) == 0) return result;
        string why = Marshal.PtrToStringUTF8(ZSTD_getErrorName(result)) ?? "?";
        throw new DrpException(code, Text.Of(code == DrpError.VerificationFailed ? PipelineTexts.DamagedZstd : PipelineTexts.ZstdFailed, subject, why)) { Subject = subject };
    }

    [LibraryImport(Library)]
    public static partial nint ZSTD_createCCtx();

    [LibraryImport(Library)]
    public static partial nuint ZSTD_freeCCtx(nint context);

    [LibraryImport(Library)]
    public static partial nuint ZSTD_CCtx_setParameter(nint context, int parameter, int value);

    [LibraryImport(Library)]
    public static partial nuint ZSTD_compressStream2(nint context, Buffer* output, Buffer* input, int directive);

    [LibraryImport(Library)]
    public static partial nint ZSTD_createDCtx();

    [LibraryImport(Library)]
    public static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(Library)]
    public static partial nuint ZSTD_decompressStream(nint context, Buffer* output, Buffer* input);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint code);

    [LibraryImport(Library)]
    private static partial nint ZSTD_getErrorName(nuint code);

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer: both are pointer, size, position.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Buffer
    {
        public void* Data;
        public nuint Size;
        public nuint Position;
    }

    /// <summary>A compression context; freeing it also ends its worker threads.</summary>
    public sealed class Compressor() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        public static Compressor Create()
        {
            Require();
            var made = new Compressor();
            made.SetHandle(ZSTD_createCCtx());
            return made.IsInvalid ? throw new DrpException(DrpError.Failed, Text.Of(PipelineTexts.ZstdFailed, Library, "out of memory")) : made;
        }

        protected override bool ReleaseHandle() => ZSTD_freeCCtx(handle) == 0;
    }

    /// <summary>A decompression context.</summary>
    public sealed class Decompressor() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        public static Decompressor Create()
        {
            Require();
            var made = new Decompressor();
            made.SetHandle(ZSTD_createDCtx());
            return made.IsInvalid ? throw new DrpException(DrpError.Failed, Text.Of(PipelineTexts.ZstdFailed, Library, "out of memory")) : made;
        }

        protected override bool ReleaseHandle() => ZSTD_freeDCtx(handle) == 0;
    }
}
