using System.Buffers.Binary;
using System.Text;

namespace OrleansTagCache.Http.Sessions;

/// <summary>Reads one frame: its head, then field by field what it holds. Numbers are big-endian.</summary>
/// <remarks>It allocates no more than the frame is long, whatever the frame says of itself.</remarks>
internal ref struct FrameReader
{
    /// <summary>Length, kind and request.</summary>
    public const int HeadLength = 9;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest;

    /// <param name="frame">The whole frame.</param>
    /// <exception cref="FrameException">It is shorter than a head, or not as long as it says.</exception>
    public FrameReader(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < HeadLength || BinaryPrimitives.ReadUInt32BigEndian(frame) != (uint)frame.Length - sizeof(uint))
        {
            throw new FrameException("A frame is not as long as it says.");
        }

        Kind = (FrameKind)frame[sizeof(uint)];
        Request = BinaryPrimitives.ReadUInt32BigEndian(frame[(sizeof(uint) + 1)..]);
        _rest = frame[HeadLength..];
    }

    public FrameKind Kind { get; }

    /// <summary>The client's number for the request, which its answer repeats.</summary>
    public uint Request { get; }

    public byte NextByte() => Take(1)[0];

    public ushort NextShort() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    public uint NextInt() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    public ulong NextLong() => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong)));

    public double NextDouble() => BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double)));

    /// <exception cref="FrameException">It is not UTF-8, or longer than the frame.</exception>
    public string NextText()
    {
        try
        {
            return Strict.GetString(Take(NextShort()));
        }
        catch (DecoderFallbackException)
        {
            throw new FrameException("A text is not UTF-8.");
        }
    }

    /// <param name="most">How many there may be.</param>
    /// <exception cref="FrameException">There are more, or they are longer than the frame.</exception>
    public string[] NextTexts(int most)
    {
        var count = NextShort();
        if (count > most || count * sizeof(ushort) > _rest.Length)
        {
            throw new FrameException($"A list has more than {most} members, or ends early.");
        }

        var texts = new string[count];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = NextText();
        }

        return texts;
    }

    /// <summary>Everything that is left.</summary>
    public ReadOnlySpan<byte> Rest()
    {
        var rest = _rest;
        _rest = [];
        return rest;
    }

    /// <exception cref="FrameException">Something is left.</exception>
    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw new FrameException("A frame is longer than its content.");
        }
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes > _rest.Length)
        {
            throw new FrameException("A frame ends early.");
        }

        var taken = _rest[..bytes];
        _rest = _rest[bytes..];
        return taken;
    }
}
