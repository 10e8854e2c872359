using System.Text;

namespace OrleansTagCache.Fuzz.Engine;

/// <summary>Reads fields, numbers and texts from an input. Every input can be read: where it ends all is empty or 0.</summary>
internal ref struct InputReader(ReadOnlySpan<byte> input)
{
    /// <summary>Ends a field. No UTF-8 has it.</summary>
    public const byte End = 0xFE;

    /// <summary>As a whole field: null.</summary>
    public const byte Null = 0xFD;

    private ReadOnlySpan<byte> _rest = input;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>An input that is read as these fields.</summary>
    public static byte[] Of(params string[] fields)
    {
        var bytes = new List<byte>();
        foreach (var field in fields)
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(field));
            bytes.Add(End);
        }

        return [.. bytes];
    }

    /// <summary>Inputs of one text each.</summary>
    public static byte[][] Texts(params string[] texts) => Array.ConvertAll(texts, Encoding.UTF8.GetBytes);

    public ReadOnlySpan<byte> Field()
    {
        var end = _rest.IndexOf(End);
        var field = end < 0 ? _rest : _rest[..end];
        _rest = end < 0 ? [] : _rest[(end + 1)..];
        return field;
    }

    public string Text() => Wtf8.Decode(Field());

    public string? TextOrNull() => Field() is var field && field is [Null] ? null : Wtf8.Decode(field);

    public byte NextByte()
    {
        if (_rest.IsEmpty)
        {
            return 0;
        }

        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public ulong NextNumber(int bytes)
    {
        var number = 0UL;
        for (; bytes > 0; bytes--)
        {
            number = (number << 8) | NextByte();
        }

        return number;
    }
}
