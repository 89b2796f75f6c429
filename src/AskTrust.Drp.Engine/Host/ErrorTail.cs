using System.Text;

namespace AskTrust.Drp.Engine.Host;

/// <summary>Drains a program's standard error for ever: the last 64 KiB stay readable, each line is told to a listener.</summary>
internal sealed class ErrorTail(Redactor redactor)
{
    private const int Kept = 64 * 1024;
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _line = new();

    /// <summary>Called for each line.</summary>
    public Action<string>? OnLine { get; set; }

    /// <summary>What was said so far, without secrets.</summary>
    public string Text
    {
        get
        {
            lock (_text) return redactor.Clean(_text.ToString());
        }
    }

    /// <summary>Reads to the end of the stream.</summary>
    public async Task DrainAsync(Stream errors)
    {
        byte[] bytes = new byte[8192];
        char[] chars = new char[8192 + 4];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        try
        {
            while (await errors.ReadAsync(bytes).ConfigureAwait(false) is > 0 and int count)
                Take(chars.AsSpan(0, decoder.GetChars(bytes, 0, count, chars, 0)));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The process is being disposed: what it said so far is all there is.
        }

        if (_line.Length > 0) Tell();
    }

    private void Take(ReadOnlySpan<char> chars)
    {
        lock (_text)
        {
            _text.Append(chars);
            if (_text.Length > 2 * Kept) _text.Remove(0, _text.Length - Kept);
        }

        foreach (char c in chars)
        {
            if (c == '\n') Tell();
            else if (c != '\r' && _line.Length < Kept) _line.Append(c);
        }
    }

    private void Tell()
    {
        string line = redactor.Clean(_line.ToString());
        _line.Clear();
        OnLine?.Invoke(line);
    }
}
