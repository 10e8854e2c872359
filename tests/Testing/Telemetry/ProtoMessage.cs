using System.Buffers.Binary;
using System.Text;

namespace OrleansTagCache.Testing;

/// <summary>A message of protobuf, read without its schema: by the numbers of its fields.</summary>
/// <remarks>Immutable.</remarks>
internal sealed class ProtoMessage
{
    private readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    /// <exception cref="FormatException">It is no message.</exception>
    public ProtoMessage(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var key = TakeNumber(ref bytes);
            var (value, content) = (key & 7) switch
            {
                0 => (TakeNumber(ref bytes), default),
                1 => (BinaryPrimitives.ReadUInt64LittleEndian(Take(ref bytes, 8).Span), default),
                2 => (0UL, Take(ref bytes, (int)TakeNumber(ref bytes))),
                5 => (BinaryPrimitives.ReadUInt32LittleEndian(Take(ref bytes, 4).Span), default),
                var type => throw new FormatException($"There is no wire type {type}."),
            };
            _fields.Add(((int)(key >> 3), value, content));
        }
    }

    public IEnumerable<ProtoMessage> All(int number) => Bytes(number).Select(bytes => new ProtoMessage(bytes));

    public ProtoMessage? First(int number) => All(number).FirstOrDefault();

    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number).FirstOrDefault().Span);

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number).FirstOrDefault().Span);

    public ulong Number(int number) => _fields.FirstOrDefault(field => field.Number == number).Value;

    private IEnumerable<ReadOnlyMemory<byte>> Bytes(int number) => _fields.Where(field => field.Number == number).Select(field => field.Bytes);

    private static ulong TakeNumber(ref ReadOnlyMemory<byte> bytes)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(ref bytes, 1).Span[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("A number has no end.");
    }

    private static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> bytes, int count)
    {
        if (count > bytes.Length)
        {
            throw new FormatException($"{count} bytes were to come, and {bytes.Length} are left.");
        }

        var taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }
}
