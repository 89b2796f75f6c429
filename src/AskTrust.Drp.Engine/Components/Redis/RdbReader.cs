using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace AskTrust.Drp.Engine.Components.Redis;

/// <summary>
/// Walks through an RDB file without keeping its values: counts the keys of each database, and compares the checksum at its end. Every value is strings with their lengths before
/// them, so nothing but the shape of each type has to be known.
/// </summary>
internal sealed class RdbReader(Stream stream)
{
    private const int Longest = 128;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly Dictionary<string, RedisKeys> _keys = new(StringComparer.Ordinal);
    private int _at, _end;
    private ulong _crc;
    private bool _isEncoded;

    /// <summary>Keys by number of the database; null when a value has a type this version does not know.</summary>
    public IReadOnlyDictionary<string, RedisKeys>? Keys { get; private set; }

    /// <summary>When the server began to write it: the moment it stands for, to the second; null when it does not say.</summary>
    public DateTimeOffset? Moment { get; private set; }

    /// <summary>Version of the server that wrote it; null when it does not say.</summary>
    public string? ServerVersion { get; private set; }

    /// <summary>Reads the stream to its end.</summary>
    /// <exception cref="InvalidDataException">It is no RDB, cut off, or damaged.</exception>
    public async Task ReadAsync(CancellationToken ct)
    {
        byte[] magic = await BytesAsync(9, ct).ConfigureAwait(false);
        if (!magic.AsSpan(0, 5).SequenceEqual("REDIS"u8) || !int.TryParse(Encoding.ASCII.GetString(magic, 5, 4), NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version < 1)
            throw new InvalidDataException(RedisTexts.NotAnRdb);
        if (await WalkAsync(ct).ConfigureAwait(false))
        {
            Keys = _keys;
            if (version >= 5) await ChecksumAsync(ct).ConfigureAwait(false);
        }

        // What could not be walked, and what a server may have written behind the end.
        do _at = _end;
        while (await FillAsync(ct).ConfigureAwait(false));
    }

    /// <summary>True at the end of the file; false at something this version does not know.</summary>
    private async ValueTask<bool> WalkAsync(CancellationToken ct)
    {
        string database = "0";
        bool expires = false;
        while (true)
        {
            int kind = await ByteAsync(ct).ConfigureAwait(false);
            switch (kind)
            {
                case 255: return true;
                case 254: database = (await LengthAsync(ct).ConfigureAwait(false)).ToString(CultureInfo.InvariantCulture); break;
                case 253: expires = true; await SkipAsync(4, ct).ConfigureAwait(false); break;
                case 252: expires = true; await SkipAsync(8, ct).ConfigureAwait(false); break;
                case 251: await LengthsAsync(2, ct).ConfigureAwait(false); break;
                case 250: await AuxiliaryAsync(ct).ConfigureAwait(false); break;
                case 249: await SkipAsync(1, ct).ConfigureAwait(false); break;
                case 248: await LengthsAsync(1, ct).ConfigureAwait(false); break;
                case 247: await LengthsAsync(3, ct).ConfigureAwait(false); await ModuleAsync(ct).ConfigureAwait(false); break;
                case 245: await StringAsync(ct).ConfigureAwait(false); break;
                case 244: await LengthsAsync(3, ct).ConfigureAwait(false); break;
                default:
                    await StringAsync(ct).ConfigureAwait(false);
                    if (!await ValueAsync(kind, ct).ConfigureAwait(false)) return false;
                    RedisKeys have = _keys.GetValueOrDefault(database, new RedisKeys(0, 0));
                    _keys[database] = new RedisKeys(have.Keys + 1, have.Expiring + (expires ? 1 : 0));
                    expires = false;
                    break;
            }
        }
    }

    private async ValueTask<bool> ValueAsync(int type, CancellationToken ct)
    {
        switch (type)
        {
            case 0 or (>= 9 and <= 13) or 16 or 17 or 20: await StringAsync(ct).ConfigureAwait(false); return true;
            case 1 or 2 or 14: return await EachAsync(() => StringAsync(ct), ct).ConfigureAwait(false);
            case 3: return await EachAsync(async () => { await StringAsync(ct).ConfigureAwait(false); await ScoreAsync(ct).ConfigureAwait(false); }, ct).ConfigureAwait(false);
            case 4: return await EachAsync(() => StringsAsync(2, ct), ct).ConfigureAwait(false);
            case 5: return await EachAsync(async () => { await StringAsync(ct).ConfigureAwait(false); await SkipAsync(8, ct).ConfigureAwait(false); }, ct).ConfigureAwait(false);
            case 7: await LengthsAsync(1, ct).ConfigureAwait(false); await ModuleAsync(ct).ConfigureAwait(false); return true;
            case 15 or 19 or 21: await StreamAsync(type, ct).ConfigureAwait(false); return true;
            case 18: return await EachAsync(async () => { await LengthsAsync(1, ct).ConfigureAwait(false); await StringAsync(ct).ConfigureAwait(false); }, ct).ConfigureAwait(false);
            case 24:
                await SkipAsync(8, ct).ConfigureAwait(false);
                return await EachAsync(async () => { await LengthsAsync(1, ct).ConfigureAwait(false); await StringsAsync(2, ct).ConfigureAwait(false); }, ct).ConfigureAwait(false);
            case 25: await SkipAsync(8, ct).ConfigureAwait(false); await StringAsync(ct).ConfigureAwait(false); return true;
            default: return false;
        }
    }

    private async ValueTask StreamAsync(int type, CancellationToken ct)
    {
        await EachAsync(() => StringsAsync(2, ct), ct).ConfigureAwait(false);
        await LengthsAsync(type == 15 ? 3 : 8, ct).ConfigureAwait(false);
        await EachAsync(async () =>
        {
            await StringAsync(ct).ConfigureAwait(false);
            await LengthsAsync(type == 15 ? 2 : 3, ct).ConfigureAwait(false);
            await EachAsync(async () => { await SkipAsync(24, ct).ConfigureAwait(false); await LengthsAsync(1, ct).ConfigureAwait(false); }, ct).ConfigureAwait(false);
            await EachAsync(async () =>
            {
                await StringAsync(ct).ConfigureAwait(false);
                await SkipAsync(type == 21 ? 16 : 8, ct).ConfigureAwait(false);
                await EachAsync(() => SkipAsync(16, ct), ct).ConfigureAwait(false);
            }, ct).ConfigureAwait(false);
        }, ct).ConfigureAwait(false);
    }

    /// <summary>What a module wrote says of each part what it is.</summary>
    private async ValueTask ModuleAsync(CancellationToken ct)
    {
        while (await LengthAsync(ct).ConfigureAwait(false) is var part && part != 0)
        {
            switch (part)
            {
                case 1 or 2: await LengthsAsync(1, ct).ConfigureAwait(false); break;
                case 3: await SkipAsync(4, ct).ConfigureAwait(false); break;
                case 4: await SkipAsync(8, ct).ConfigureAwait(false); break;
                case 5: await StringAsync(ct).ConfigureAwait(false); break;
                default: throw Damaged();
            }
        }
    }

    private async ValueTask AuxiliaryAsync(CancellationToken ct)
    {
        string? name = await ShortAsync(ct).ConfigureAwait(false), value = await ShortAsync(ct).ConfigureAwait(false);
        if (name == "ctime" && long.TryParse(value, CultureInfo.InvariantCulture, out long seconds) && seconds is > 0 and < 1L << 36) Moment = DateTimeOffset.FromUnixTimeSeconds(seconds);
        else if (name == "redis-ver") ServerVersion = value;
    }

    private async ValueTask<bool> EachAsync(Func<ValueTask> one, CancellationToken ct)
    {
        for (ulong left = await LengthAsync(ct).ConfigureAwait(false); left > 0; left--) await one().ConfigureAwait(false);
        return true;
    }

    private async ValueTask LengthsAsync(int count, CancellationToken ct)
    {
        for (; count > 0; count--) await LengthAsync(ct).ConfigureAwait(false);
    }

    private async ValueTask StringsAsync(int count, CancellationToken ct)
    {
        for (; count > 0; count--) await StringAsync(ct).ConfigureAwait(false);
    }

    private async ValueTask ScoreAsync(CancellationToken ct)
    {
        int length = await ByteAsync(ct).ConfigureAwait(false);
        if (length < 253) await SkipAsync(length, ct).ConfigureAwait(false);
    }

    private async ValueTask StringAsync(CancellationToken ct)
    {
        ulong length = await LengthAsync(ct).ConfigureAwait(false);
        if (!_isEncoded) await SkipAsync(checked((long)length), ct).ConfigureAwait(false);
        else if (length < 3) await SkipAsync(1 << (int)length, ct).ConfigureAwait(false);
        else if (length == 3)
        {
            ulong packed = await LengthAsync(ct).ConfigureAwait(false);
            await LengthAsync(ct).ConfigureAwait(false);
            await SkipAsync(checked((long)packed), ct).ConfigureAwait(false);
        }
        else throw Damaged();
    }

    /// <summary>A short string as text; null when it is long or packed.</summary>
    private async ValueTask<string?> ShortAsync(CancellationToken ct)
    {
        ulong length = await LengthAsync(ct).ConfigureAwait(false);
        if (!_isEncoded && length <= Longest) return Encoding.UTF8.GetString(await BytesAsync((int)length, ct).ConfigureAwait(false));
        if (_isEncoded && length < 3)
        {
            byte[] number = await BytesAsync(1 << (int)length, ct).ConfigureAwait(false);
            long value = length switch { 0 => (sbyte)number[0], 1 => BinaryPrimitives.ReadInt16LittleEndian(number), _ => BinaryPrimitives.ReadInt32LittleEndian(number) };
            return value.ToString(CultureInfo.InvariantCulture);
        }

        if (_isEncoded)
        {
            length = await LengthAsync(ct).ConfigureAwait(false);
            await LengthAsync(ct).ConfigureAwait(false);
        }

        await SkipAsync(checked((long)length), ct).ConfigureAwait(false);
        return null;
    }

    private async ValueTask<ulong> LengthAsync(CancellationToken ct)
    {
        int first = await ByteAsync(ct).ConfigureAwait(false);
        _isEncoded = first >> 6 == 3;
        switch (first >> 6)
        {
            case 0 or 3: return (ulong)(first & 0x3F);
            case 1: return (ulong)(((first & 0x3F) << 8) | await ByteAsync(ct).ConfigureAwait(false));
        }

        return first switch
        {
            0x80 => BinaryPrimitives.ReadUInt32BigEndian(await BytesAsync(4, ct).ConfigureAwait(false)),
            0x81 => BinaryPrimitives.ReadUInt64BigEndian(await BytesAsync(8, ct).ConfigureAwait(false)),
            _ => throw Damaged(),
        };
    }

    private async ValueTask ChecksumAsync(CancellationToken ct)
    {
        ulong found = _crc, wanted = BinaryPrimitives.ReadUInt64LittleEndian(await BytesAsync(8, ct).ConfigureAwait(false));
        // A server may be told to write none.
        if (wanted != 0 && wanted != found) throw new InvalidDataException(RedisTexts.BadChecksum);
    }

    private async ValueTask<int> ByteAsync(CancellationToken ct)
    {
        if (_at == _end && !await FillAsync(ct).ConfigureAwait(false)) throw CutOff();
        _crc = RdbChecksum.Add(_crc, _buffer.AsSpan(_at, 1));
        return _buffer[_at++];
    }

    private async ValueTask<byte[]> BytesAsync(int count, CancellationToken ct)
    {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count;)
        {
            if (_at == _end && !await FillAsync(ct).ConfigureAwait(false)) throw CutOff();
            int piece = Math.Min(count - done, _end - _at);
            _buffer.AsSpan(_at, piece).CopyTo(bytes.AsSpan(done));
            _at += piece;
            done += piece;
        }

        _crc = RdbChecksum.Add(_crc, bytes);
        return bytes;
    }

    private async ValueTask SkipAsync(long count, CancellationToken ct)
    {
        while (count > 0)
        {
            if (_at == _end && !await FillAsync(ct).ConfigureAwait(false)) throw CutOff();
            int piece = (int)Math.Min(count, _end - _at);
            _crc = RdbChecksum.Add(_crc, _buffer.AsSpan(_at, piece));
            _at += piece;
            count -= piece;
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        _at = 0;
        _end = await stream.ReadAsync(_buffer, ct).ConfigureAwait(false);
        return _end > 0;
    }

    private static InvalidDataException Damaged() => new(RedisTexts.BadRdb);

    private static InvalidDataException CutOff() => new(RedisTexts.RdbEnds);
}
