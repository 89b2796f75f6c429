using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>Writes texts that each end with a zero byte into a file of the state directory.</summary>
internal sealed class ZeroWriter : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;

    /// <summary>Makes the file.</summary>
    public ZeroWriter(string path)
    {
        _path = path;
        _file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 128 * 1024 });
    }

    /// <summary>Writes a piece of a text.</summary>
    public ZeroWriter Put(ReadOnlySpan<byte> piece)
    {
        try
        {
            _file.Write(piece);
            return this;
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw DiskFull.Error(_path, e);
        }
    }

    /// <summary>Writes a number.</summary>
    public ZeroWriter Put(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        number.TryFormat(digits, out int count, default, CultureInfo.InvariantCulture);
        return Put(digits[..count]);
    }

    /// <summary>Ends the text.</summary>
    public void End() => Put("\0"u8);

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _file.Dispose();
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw DiskFull.Error(_path, e);
        }
    }
}
