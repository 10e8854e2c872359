using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansTagCache.Http.Sessions;

/// <summary>Writes one frame. A large payload of an entry is not copied into it: it is sent behind it, as the rest of the same message.</summary>
internal sealed class FrameWriter
{
    private readonly ArrayBufferWriter<byte> _frame = new(256);

    public FrameWriter(FrameKind kind, uint request)
    {
        _frame.Advance(Cleared(sizeof(uint)));
        Byte((byte)kind);
        Int(request);
    }

    public FrameWriter Byte(byte value)
    {
        _frame.GetSpan(1)[0] = value;
        _frame.Advance(1);
        return this;
    }

    public FrameWriter Short(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_frame.GetSpan(sizeof(ushort)), checked((ushort)value));
        _frame.Advance(sizeof(ushort));
        return this;
    }

    public FrameWriter Int(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_frame.GetSpan(sizeof(uint)), value);
        _frame.Advance(sizeof(uint));
        return this;
    }

    public FrameWriter Long(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_frame.GetSpan(sizeof(long)), value);
        _frame.Advance(sizeof(long));
        return this;
    }

    public FrameWriter Double(double value)
    {
        BinaryPrimitives.WriteDoubleBigEndian(_frame.GetSpan(sizeof(double)), value);
        _frame.Advance(sizeof(double));
        return this;
    }

    public FrameWriter Text(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        Short(bytes);
        _frame.Advance(Encoding.UTF8.GetBytes(text, _frame.GetSpan(bytes)));
        return this;
    }

    public FrameWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _frame.Write(bytes);
        return this;
    }

    public FrameWriter Texts(IReadOnlyCollection<string> texts)
    {
        Short(texts.Count);
        foreach (var text in texts)
        {
            Text(text);
        }

        return this;
    }

    /// <summary>A duration in milliseconds, rounded down: none is longer on the other side than it is here.</summary>
    public FrameWriter Milliseconds(TimeSpan duration) => Int((uint)Math.Clamp(duration.TotalMilliseconds, 0, uint.MaxValue));

    /// <summary>A duration in seconds; infinite for one without an end.</summary>
    public FrameWriter Seconds(TimeSpan duration) => Double(duration == CacheLife.Forever ? double.PositiveInfinity : duration.TotalSeconds);

    /// <summary>The frame.</summary>
    /// <param name="behind">How many bytes are sent behind it and belong to it.</param>
    public ReadOnlyMemory<byte> End(int behind = 0)
    {
        // What was written is in an array of this writer's own.
        var frame = System.Runtime.InteropServices.MemoryMarshal.AsMemory(_frame.WrittenMemory);
        BinaryPrimitives.WriteUInt32BigEndian(frame.Span, (uint)(frame.Length - sizeof(uint) + behind));
        return frame;
    }

    private int Cleared(int bytes)
    {
        _frame.GetSpan(bytes)[..bytes].Clear();
        return bytes;
    }
}
